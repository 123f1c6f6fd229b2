"""`plughost backup`, `restore`, `record`: copies of a host's data, and of what it shows."""

import sys
from pathlib import Path

import anyio
import click

from host.cli.attached import ask, attach, data_folder, host_options, is_running
from host.cli.exit_codes import ExitCode
from host.errors import NoHost
from host.facade.figures import size


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@host_options
def backup(file: Path, data: str | None, socket: str | None) -> int:
    """Write a copy of the data folder to FILE (.tar.gz), whether or not the host runs."""
    target = str(file.absolute())
    try:
        if not is_running(data, socket):
            raise NoHost("no host")
        page = ask(lambda facade: facade.host_backup(target), data=data, socket=socket, name="backup")
    except NoHost:
        from host.operations.backup import write_backup
        from host.state.lock import open_data_folder

        with open_data_folder(data_folder(data)) as folder:
            page = write_backup(str(folder.path), target)
    sys.stdout.write(f"{page.path}: {page.files} files, {size(page.bytes)}\n")
    return ExitCode.OK


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--data", required=True, type=click.Path(path_type=Path), help="New data folder.")
def restore(file: Path, data: Path) -> int:
    """Unpack a backup into a data folder that is empty, or not there yet."""
    from host.operations.backup import restore_backup

    count = restore_backup(file, data.absolute())
    sys.stdout.write(f"{data}: {count} files; start a host with --data {data}\n")
    return ExitCode.OK


@click.command("record")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--for", "seconds", type=click.FloatRange(0.1), help="Seconds; else until interrupted.")
@click.option("--hz", default=2.0, type=click.FloatRange(0.1, 10), help="Pictures per second.")
@host_options
def record(file: Path, seconds: float | None, hz: float, data: str | None, socket: str | None) -> int:
    """Record what the host shows into FILE; `.gz` compresses it."""
    from host.control.recording import record as write

    async def run() -> None:
        async with attach(data, socket, "record") as facade:
            with anyio.move_on_after(seconds):
                await write(facade, file, hz=hz)

    anyio.run(run)
    sys.stdout.write(f"{file}: {size(file.stat().st_size)}\n")
    return ExitCode.OK
