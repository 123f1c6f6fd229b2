"""Stops itself with SIGSTOP: no signal but SIGKILL and SIGCONT reaches it then."""

import ctypes
import os
import signal

from plugin_sdk import Plugin, method

NET_S = 120
SIGEV_SIGNAL = 0
CLOCK_MONOTONIC = 1


class StopsItself(Plugin):
    @method
    async def stop(self) -> None:
        kill_later()
        os.kill(os.getpid(), signal.SIGSTOP)

    @method
    async def answer(self) -> int:
        return 42


def kill_later() -> None:
    """Have the kernel send SIGKILL after `NET_S`: a stopped process would not see the alarm of others."""
    # struct sigevent of Linux: value (8 bytes), signal, kind of notification, padding up to 64 bytes.
    event = (ctypes.c_int * 16)(0, 0, signal.SIGKILL, SIGEV_SIGNAL)
    timer = ctypes.c_void_p()
    libc = ctypes.CDLL(None)
    if libc.timer_create(CLOCK_MONOTONIC, event, ctypes.byref(timer)) == 0:
        # struct itimerspec: no interval, then the first expiry.
        libc.timer_settime(timer, 0, (ctypes.c_long * 4)(0, 0, NET_S, 0), None)
