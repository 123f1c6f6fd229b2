"""The program that a Python plugin's process runs: `python -m plugin_sdk.runtime.run FOLDER ENTRY...`.

Claims the wire, serves one session, leaves when the host closes its end. Started by hand, it explains
itself instead of waiting for a host that is not there. It runs on the event loop that its host runs on:
`PLUGHOST_LOOP` in the environment, see `plugin_sdk.runtime.loop`.
"""

import asyncio
import contextlib
import faulthandler
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from plugin_sdk.plugin import Plugin
from plugin_sdk.runtime import stdio
from plugin_sdk.runtime.entry import load_classes, put_on_path
from plugin_sdk.runtime.loop import loop_factory
from plugin_sdk.runtime.session import Session
from protocol.launch import DEBUG, DEBUGGER, SHELF

WATCH_PARENT = "PLUGHOST_WATCH_PARENT"
"""Set by a host that starts plugins without a warden: the pid whose end ends the plugin too."""

PARENT_CHECK_S = 0.5
"""How often the parent is looked at, where that is asked for."""

LEAVE_S = 0.4
"""How long a plugin whose parent is gone may take to end by itself."""

_HINT = """\
This is a Plughost plugin. It is not run by hand: a host starts it and speaks JSON-RPC with it over stdin
and stdout. To try it:

    plughost call --dir FOLDER ID METHOD '{{"parameter": "value"}}'
    plughost run FOLDER

{detail}
"""


def run_class(cls: type[Plugin]) -> int:
    """Run one class in this process; return its exit code."""
    return _run(lambda: [cls], f"Class: {cls.__module__}.{cls.__qualname__}")


def main(arguments: list[str]) -> int:
    """Run the plugin that the arguments name; return its exit code."""
    if len(arguments) < 2:
        print(_HINT.format(detail="usage: python -m plugin_sdk.runtime.run FOLDER ENTRY..."), file=sys.stderr)  # noqa: T201
        return 2
    folder, *entry_points = arguments
    # pathlib's way dirties memory that plugins share.
    put_on_path(os.path.abspath(folder), os.environ.get(SHELF))  # noqa: PTH100
    return _run(lambda: _load(entry_points), f"Folder: {folder}")


def _load(entry_points: Sequence[str]) -> Sequence[type[Plugin]]:
    if place := os.environ.get(DEBUG):
        from plugin_sdk.runtime.debugging import wait_for_debugger

        wait_for_debugger(place, os.environ.get(DEBUGGER, ""))
    return load_classes(entry_points)


def _run(load: Callable[[], Sequence[type[Plugin]]], detail: str) -> int:
    if stdio.at_terminal():
        print(_HINT.format(detail=detail), file=sys.stderr)  # noqa: T201
        return 2
    read_fd, write_fd = stdio.claim()
    dump_signal = _announce_stack_dumps()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(_serve(read_fd, write_fd, load, dump_signal))
    return 0


async def _serve(
    read_fd: int, write_fd: int, load: Callable[[], Sequence[type[Plugin]]], dump_signal: str | None
) -> None:
    session = Session(read_fd, write_fd, load, stack_dump_signal=dump_signal)
    parent = os.environ.get(WATCH_PARENT, "")
    if parent.isdecimal():
        watch = partial(_watch_parent, int(parent), asyncio.get_running_loop(), session)
        threading.Thread(target=watch, name="watch-parent", daemon=True).start()
    await session.run()


def _watch_parent(parent: int, loop: asyncio.AbstractEventLoop, session: Session) -> None:
    """Runs in a thread, because a blocked event loop must not outlive the host either."""
    while os.getppid() == parent:  # the kernel tells nobody that a parent changed
        time.sleep(PARENT_CHECK_S)
    with contextlib.suppress(RuntimeError):  # the loop is closed: the process is leaving already
        loop.call_soon_threadsafe(session.on_end)
    time.sleep(LEAVE_S)
    os._exit(1)


def _announce_stack_dumps() -> str | None:
    register: Callable[..., None] | None = getattr(faulthandler, "register", None)
    if register is None:
        return None
    register(signal.SIGUSR2, file=2, all_threads=True)
    return "SIGUSR2"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
