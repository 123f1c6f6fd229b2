"""`plughost run --tui`, `plughost dev --top`: a host in a process of its own, and the monitor over it here.

The two never share an event loop: a repaint may hold one for a tenth of a second.
"""

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Final

import anyio

from host.cli.attached import attach, place_options
from host.cli.exit_codes import ExitCode
from host.cli.picture import check_terminal
from host.facade.facade import Facade

STOP_S: Final = 60.0
"""Longest wait for the host's end after the operator quits; a plugin may take its grace."""


def run_with_monitor(arguments: Sequence[str], data: Path, *, command: str = "run") -> int:
    """Run a command of `plughost` with these arguments, and the monitor until the operator quits.

    What the host logs goes to a file, whose last lines are shown if it ends by itself.
    """
    check_terminal()
    from host.tui.run import run_monitor

    with tempfile.NamedTemporaryFile("w+", prefix="plughost-", suffix=".log") as log:
        words = [sys.executable, "-m", "host.cli.main", command, *arguments]
        with subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=log, stdout=log) as host:

            def connect() -> AbstractAsyncContextManager[Facade]:
                return attach(str(data), None, f"{command} with the monitor")

            place = place_options(str(data), None)
            try:
                anyio.run(lambda: run_monitor(connect, folder=Path.cwd(), place=place))
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
