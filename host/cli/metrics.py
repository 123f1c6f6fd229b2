"""`plughost metrics`: a running host's figures in Prometheus' text format."""

import sys
from pathlib import Path

import anyio
import click

from host.cli.exit_codes import ExitCode
from host.cli.hosting import data_folder_for
from host.control.client import connect
from host.errors import InvalidParams
from host.state.atomic import write_atomic

READABLE = 0o644
"""Whoever collects the figures is another user as a rule."""


@click.command("metrics")
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--data", type=click.Path(), help="Data folder of the host.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Replace this file instead.")
def command(config: str | None, data: str | None, out: Path | None) -> int:
    """Print the figures of the host that runs, or write them to a file as a whole."""
    text = anyio.run(_ask, data_folder_for(config, data))
    if out is None:
        sys.stdout.write(text)
        sys.stdout.flush()
        return ExitCode.OK
    try:
        write_atomic(out, text.encode(), READABLE, durable=False)
    except OSError as exc:
        raise InvalidParams(f"--out: {out} can't be written: {exc.strerror or exc}") from exc
    return ExitCode.OK


async def _ask(data: Path) -> str:
    async with connect(data, read_only=True) as facade:
        return await facade.metrics()
