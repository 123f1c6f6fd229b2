"""`plughost top`: the terminal monitor, attached to a running host or over a recording."""

import gc
from pathlib import Path

import anyio
import click

from host.cli.attached import attach, host_options, place_options
from host.cli.exit_codes import ExitCode
from host.cli.picture import check_terminal


@click.command("top")
@click.option("--read-only", is_flag=True, help="Only look; nothing can be changed.")
@click.option("--ascii", "ascii_only", is_flag=True, help="Draw ASCII only.")
@click.option(
    "--replay", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="Play a recording instead."
)
@host_options
def command(
    read_only: bool, ascii_only: bool, replay: Path | None, data: str | None, socket: str | None
) -> int:
    """Watch a host in the terminal, and act on it. `?` lists the keys."""
    check_terminal()
    from host.control.replay import Replay
    from host.tui.replaying import run_replay
    from host.tui.run import run_monitor

    async def run() -> None:
        if replay is not None:
            await run_replay(Replay(replay), ascii=ascii_only, folder=Path.cwd())
            return
        await run_monitor(
            lambda: attach(data, socket, "top"),
            read_only=read_only,
            ascii=ascii_only,
            folder=Path.cwd(),
            place=place_options(data, socket),
        )

    # What the imports made would be looked through in each collection, and no key answered for 30 ms.
    gc.freeze()
    anyio.run(run)
    return ExitCode.OK
