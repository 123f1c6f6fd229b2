"""`plughost test-harness`: a host for a plugin's tests, driven over stdio by `pytest --plughost=process`."""

import os
import signal
import sys

import anyio
import click

from host.cli.exit_codes import ExitCode
from host.cli.harness_bench import open_bench
from host.cli.hosting import settings_for, start_logging
from host.devtools.harness import Harness
from host.rpc.error_mapping import to_wire


@click.command("test-harness", hidden=True)
def command() -> int:
    """Serve one plugin's tests over stdin and stdout, until stdin ends; the pytest plugin starts it."""
    if os.isatty(0):
        raise click.UsageError(
            "this is started by tests, not by hand: plughost test, or pytest --plughost=process"
        )
    read_fd, write_fd = _claim()
    start_logging(settings_for(None, {}), quiet=True)
    # A Ctrl-C is for the test's program, which closes our stdin then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    anyio.run(_serve, read_fd, write_fd)
    return ExitCode.OK


async def _serve(read_fd: int, write_fd: int) -> None:
    await Harness(read_fd, write_fd, open_bench, to_wire).run()


def _claim() -> tuple[int, int]:
    """Take the wire, so that nothing else writes on it: what is printed goes to stderr."""
    read_fd, write_fd = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return read_fd, write_fd
