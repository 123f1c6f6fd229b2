"""`plughost restore`: a data folder from a backup."""

import sys
from pathlib import Path

import click

from host.cli.exit_codes import ExitCode
from host.logs import clean
from host.operations.backup import restore_backup


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--data",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder: a new one, or an empty one.",
)
def command(file: Path, data: Path) -> int:
    """Unpack the backup FILE into a data folder."""
    folder = data.absolute()
    count = restore_backup(file, folder)
    sys.stderr.write(f"{count} files in {clean(str(folder))}; plughost run --data there goes on from them\n")
    return ExitCode.OK
