"""Trial: the whole life of a plugin in a child of the warden's, to see which code runs from fork to end.

A rehearsal leaves out what can't be undone: what a fork sets right, and what makes a process a plugin's. Here
a process is given away for it. One that goes wrong tells less, which costs memory and nothing else: what
plugins need is rehearsed afterwards, where faults are told.
"""

import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType
from typing import Any, NoReturn

import msgspec

from plugin_sdk.runtime import confine, run
from plugin_sdk.runtime.rehearsal import CALLS, ENTRY, requests
from protocol.launch import SHELF, LaunchSpec

_LIMIT_S = 5.0
"""Longest time to wait for a sign of it."""

_READ_BYTES = 64 * 1024
_ID_BYTES = 8

Ran = dict[int, None]
"""Ids of code objects, in the order of their first call; the same in parent and child."""


def code_of_a_life(fit: Callable[[dict[str, Any]], None]) -> list[int]:
    """Return the ids of the code objects that ran; `fit` makes the child a plugin, see `confine.become`.

    None, if the system has no room for it, or if it takes too long.
    """
    try:
        return _hold(fit)
    except OSError:
        return []


def _hold(fit: Callable[[dict[str, Any]], None]) -> list[int]:
    ran: Ran = {}

    def note(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            ran[id(frame.f_code)] = None

    memfd: Callable[[str], int] | None = getattr(os, "memfd_create", None)
    if memfd is None:
        return []
    with os.fdopen(memfd("plughost-trial"), "wb", 0) as spec, ExitStack() as wires:
        ours, wire = (wires.enter_context(end) for end in socket.socketpair())
        report, stderr = (wires.enter_context(end) for end in socket.socketpair())
        spec.write(_specification())
        pid = _fork(note)
        if pid == 0:
            _live(ran, spec.fileno(), (wire.fileno(), wire.fileno(), stderr.fileno()), fit)
        try:
            wire.close()
            stderr.close()
            _converse(ours)
            told = _read_all(report)
        finally:
            os.kill(pid, signal.SIGKILL)  # it has ended, or takes too long
            os.waitpid(pid, 0)
    return [*memoryview(told[: len(told) // _ID_BYTES * _ID_BYTES]).cast("Q")]


def _specification() -> bytes:
    root = os.path.dirname(run.__file__).removesuffix("/plugin_sdk/runtime")  # noqa: PTH120 - pathlib costs imports here
    spec = LaunchSpec(
        argv=(sys.executable,),
        environment={**os.environ, SHELF: root},
        folder="/",
        rlimits={},
        forked=("/nowhere", ENTRY),
    )
    return msgspec.json.encode(spec)


def _fork(note: Callable[[FrameType, str, Any], None]) -> int:
    """Fork as the warden does, and note in the child what runs from then on."""
    signal.pthread_sigmask(signal.SIG_BLOCK, confine.HANDLED)
    pid = -1
    sys.setprofile(note)
    try:
        pid = os.fork()
    finally:
        if pid != 0:
            sys.setprofile(None)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, confine.HANDLED)
    return pid


def _live(
    ran: Ran, spec_fd: int, descriptors: tuple[int, int, int], fit: Callable[[dict[str, Any]], None]
) -> NoReturn:
    try:
        confine.become(spec_fd, descriptors, os.getppid(), fit, msgspec.json.decode)
        run.main(sys.argv[1:])
        sys.setprofile(None)
        os.write(2, b"".join(one.to_bytes(_ID_BYTES, sys.byteorder) for one in ran))
    finally:
        os._exit(0)


def _converse(wire: socket.socket) -> None:
    wire.settimeout(_LIMIT_S)
    wire.sendall(requests())
    answers = b""
    while answers.count(b'"id":') < len(CALLS) and (part := wire.recv(_READ_BYTES)):
        answers += part
    wire.shutdown(socket.SHUT_WR)


def _read_all(wire: socket.socket) -> bytes:
    wire.settimeout(_LIMIT_S)
    text = b""
    while part := wire.recv(_READ_BYTES):
        text += part
    return text
