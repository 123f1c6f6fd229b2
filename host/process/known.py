"""Kills processes that a sweep saw, where no warden can: only if they are still the ones that were seen."""

import logging
import os
import signal
from collections.abc import Sequence

import psutil

from protocol.launch import Known

logger = logging.getLogger(__name__)

SAME_START_S = 0.02
"""Two start times that differ by less are one process's."""


def kill_known(known: Sequence[Known]) -> tuple[int, ...]:
    """Kill each of them; return the pids that could not be killed."""
    survivors: list[int] = []
    for one in known:
        try:
            _kill(one)
        except (psutil.NoSuchProcess, ProcessLookupError):
            continue
        except (psutil.AccessDenied, PermissionError):
            survivors.append(one.pid)
    return tuple(survivors)


def _kill(known: Known) -> None:
    pidfd_open = getattr(os, "pidfd_open", None)
    if pidfd_open is None:
        process = psutil.Process(known.pid)
        if abs(process.create_time() - known.started_s) < SAME_START_S:
            process.kill()
        return
    # The descriptor pins the process: what is found out about the pid after opening it is about this one.
    fd = pidfd_open(known.pid)
    try:
        if abs(psutil.Process(known.pid).create_time() - known.started_s) < SAME_START_S:
            signal.pidfd_send_signal(fd, signal.SIGKILL)
    finally:
        os.close(fd)


def signal_known(known: Sequence[Known], number: signal.Signals) -> None:
    """Signal each of them that is still the process that was seen."""
    for one in known:
        try:
            process = psutil.Process(one.pid)
            if abs(process.create_time() - one.started_s) < SAME_START_S:
                process.send_signal(number)
        except (psutil.Error, ProcessLookupError, PermissionError):
            continue
