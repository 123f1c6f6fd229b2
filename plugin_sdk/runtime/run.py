"""The program that a Python plugin's process runs: `python -m plugin_sdk.runtime.run FOLDER ENTRY...`.

Claims the wire, serves one session, leaves when the host closes its end. Started by hand, it explains
itself instead of waiting for a host that is not there.
"""

import asyncio
import faulthandler
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from plugin_sdk.plugin import Plugin
from plugin_sdk.runtime import stdio
from plugin_sdk.runtime.entry import load_class, put_on_path
from plugin_sdk.runtime.session import Session

WATCH_PARENT = "PLUGHOST_WATCH_PARENT"
"""Set by a host that starts plugins without a warden: the pid whose end ends the plugin too."""

PARENT_CHECK_S = 0.5
"""How often the parent is looked at, where that is asked for."""

_HINT = """\
This is a Plughost plugin. It is not run by hand: a host starts it and speaks JSON-RPC with it over stdin
and stdout. To try it:

    plughost call --dir FOLDER ID METHOD '{{"parameter": "value"}}'
    plughost run FOLDER

{detail}
"""


def run_class(cls: type[Plugin]) -> int:
    """Run one class in this process; return its exit code."""
    return _run(lambda: cls, f"Class: {cls.__module__}.{cls.__qualname__}")


def main(arguments: list[str]) -> int:
    """Run the plugin that the arguments name; return its exit code."""
    if not arguments:
        print(_HINT.format(detail="usage: python -m plugin_sdk.runtime.run FOLDER ENTRY..."), file=sys.stderr)  # noqa: T201
        return 2
    folder, *entry_points = arguments
    put_on_path(Path(folder))
    return _run(lambda: load_class(entry_points), f"Folder: {folder}")


def _run(load: Callable[[], type[Plugin]], detail: str) -> int:
    if stdio.at_terminal():
        print(_HINT.format(detail=detail), file=sys.stderr)  # noqa: T201
        return 2
    read_fd, write_fd = stdio.claim()
    dump_signal = _announce_stack_dumps()
    asyncio.run(_serve(read_fd, write_fd, load, dump_signal))
    return 0


async def _serve(
    read_fd: int, write_fd: int, load: Callable[[], type[Plugin]], dump_signal: str | None
) -> None:
    session = Session(read_fd, write_fd, load, stack_dump_signal=dump_signal)
    parent = os.environ.get(WATCH_PARENT, "")
    if not parent.isdecimal():
        await session.run()
        return
    async with asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(_watch_parent(int(parent), session))
        await session.run()
        watch.cancel()


async def _watch_parent(parent: int, session: Session) -> None:
    while os.getppid() == parent:  # noqa: ASYNC110 - the kernel tells nobody that a parent changed
        await asyncio.sleep(PARENT_CHECK_S)
    session.on_end()


def _announce_stack_dumps() -> str | None:
    register: Callable[..., None] | None = getattr(faulthandler, "register", None)
    if register is None:
        return None
    register(signal.SIGUSR2, file=2, all_threads=True)
    return "SIGUSR2"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
