"""`plughost backup`: a copy of the data folder, made by the host that runs, or here while none does."""

import sys
from pathlib import Path

import anyio
import click

from host.cli.exit_codes import ExitCode
from host.cli.hosting import data_folder_for
from host.control.client import connect
from host.errors import SettingsError
from host.facade.pages import BackupPage
from host.logs import clean
from host.operations.backup import write_backup
from host.state.lock import is_held, open_data_folder


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--data", type=click.Path(), help="Data folder of the host.")
def command(file: Path, config: str | None, data: str | None) -> int:
    """Write a copy of the data folder to the new FILE."""
    folder, target = data_folder_for(config, data), file.absolute()
    if not folder.is_dir():
        raise SettingsError(f"there is no data folder {folder}", remedy="name it with --data")
    if is_held(folder):
        page = anyio.run(_ask, folder, str(target))
    else:
        with open_data_folder(folder):
            page = write_backup(str(folder), str(target))
    sys.stderr.write(f"{page.files} files, {page.bytes} bytes: {clean(page.path)}\n")
    return ExitCode.OK


async def _ask(folder: Path, target: str) -> BackupPage:
    async with connect(folder) as facade:
        return await facade.host_backup(target)
