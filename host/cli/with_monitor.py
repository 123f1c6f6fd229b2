"""`plughost run --tui`, `plughost dev --top`: a host in a process of its own, and the monitor over it here.

The two never share an event loop: a repaint may hold one for a tenth of a second.
"""

import shlex
import subprocess
import sys
import tempfile
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import anyio

from host.cli.attached import attach, place_options
from host.cli.exit_codes import ExitCode
from host.cli.picture import check_terminal
from host.control.client import pid_of
from host.errors import NoHost
from host.facade.facade import Facade

STOP_S: Final = 60.0
"""Longest wait for the host's end after the operator quits; a plugin may take its grace."""


def run_with_monitor(arguments: Sequence[str], data: Path, *, command: str = "run") -> int:
    """Run a command of `plughost` with these arguments, and the monitor until the operator quits.

    What the host logs goes to a file, whose last lines are shown if it ends by itself; one that ends before
    it has shown a plugin ends the monitor too. Another host on the same data folder is not looked at.
    """
    check_terminal()
    from host.tui.run import run_monitor

    with tempfile.NamedTemporaryFile("w+", prefix="plughost-", suffix=".log") as log:
        words = [sys.executable, "-m", "host.cli.main", command, *arguments]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=log, stdout=log) as host:
            over, reached = anyio.Event(), False

            @asynccontextmanager
            async def connect() -> AsyncGenerator[Facade]:
                nonlocal reached
                ended = host.poll()
                if ended is not None:
                    if not reached:
                        over.set()
                    raise NoHost(
                        f"the host that was started here ended with exit code {ended}",
                        remedy="q quits and shows the last lines of its log",
                    )
                async with attach(str(data), None, f"{command} with the monitor") as facade:
                    if pid_of(facade) != host.pid:
                        raise NoHost(
                            f"another host, process {pid_of(facade)}, has {data}; the one that was started "
                            "here is not there yet",
                            remedy=f"look at the other one: plughost top --data {shlex.quote(str(data))}",
                        )
                    # The socket is there before the host knows whether there is something to run.
                    reached = reached or bool(await facade.plugins())
                    yield facade

            place = place_options(str(data), None)
            try:
                anyio.run(lambda: run_monitor(connect, folder=Path.cwd(), over=over, place=place))
            finally:
                ended = host.poll()
                if ended is None:
                    host.terminate()
                    try:
                        host.wait(STOP_S)
                    except subprocess.TimeoutExpired:
                        host.kill()
            if ended is not None:
                log.seek(0)
                sys.stderr.write("".join(log.readlines()[-20:]))
                return ended
    return ExitCode.OK
