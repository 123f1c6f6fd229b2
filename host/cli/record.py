"""`plughost record`: what a running host shows, written to a file."""

import asyncio
import signal
import sys
from pathlib import Path

import anyio
import click

from host.cli.exit_codes import ExitCode
from host.cli.hosting import data_folder_for
from host.control.client import connect
from host.control.recording import record
from host.errors import InvalidParams, PlughostError
from host.logs import clean


@click.command("record")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--for", "seconds", type=click.FloatRange(min=0, min_open=True), help="End after SECONDS.")
@click.option("--plugin", "plugins", multiple=True, metavar="ID", help="Its methods, too; repeatable.")
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--data", type=click.Path(), help="Data folder of the host.")
def command(
    file: Path, seconds: float | None, plugins: tuple[str, ...], config: str | None, data: str | None
) -> int:
    """Record the host that runs into FILE until Ctrl-C; compressed where it ends in .gz."""
    if file.exists():
        raise InvalidParams(f"{clean(str(file))} is there already", remedy="name a new file")
    try:
        ended = anyio.run(_record, data_folder_for(config, data), file, seconds, plugins)
    except OSError as exc:
        raise InvalidParams(f"{clean(str(file))} can't be written: {exc.strerror or exc}") from exc
    except KeyboardInterrupt:
        ended = None
    if ended is not None:
        sys.stderr.write(f"the host is gone: {clean(ended.message)}\n")
    return ExitCode.OK


async def _record(
    data: Path, file: Path, seconds: float | None, plugins: tuple[str, ...]
) -> PlughostError | None:
    async with connect(data, read_only=True) as facade:
        with anyio.move_on_after(seconds) as scope:
            # In order, so that what was recorded is whole; Ctrl-C is so by itself.
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, scope.cancel)
            return await record(facade, file, methods_of=plugins, told=_say)
    return None


def _say() -> None:
    sys.stderr.write("recording; Ctrl-C ends\n")
