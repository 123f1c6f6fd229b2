"""`plughost test`: a plugin's tests, by pytest."""

import subprocess
from pathlib import Path

import click

from host.cli.attached import data_folder, is_running
from host.cli.exit_codes import ExitCode
from host.devtools.pytest_run import pytest_command
from host.devtools.refused import Refused
from host.errors import InvalidParams, NoHost

_CODES = {0: ExitCode.OK, 1: ExitCode.PLUGIN_ERROR, 2: ExitCode.INTERRUPTED, 5: ExitCode.NOT_FOUND}
"""Of pytest: all passed, some failed, interrupted, none found; all else is a fault of how it was called."""


@click.command("test")
@click.argument("words", nargs=-1, metavar="[DIR] [-- PYTEST OPTION...]", type=click.UNPROCESSED)
@click.option("--coverage", is_flag=True, help="Say which lines were not run.")
@click.option("-k", "--test", "keyword", metavar="X", help="Only tests whose names match.")
@click.option(
    "--mode",
    type=click.Choice(["memory", "process", "live"]),
    default="memory",
    show_default=True,
    help="In memory; with a real host and process; in a running host.",
)
@click.option("--data", help="Data folder of the running host, for live; default as for `plughost ps`.")
def command(words: tuple[str, ...], coverage: bool, keyword: str | None, mode: str, data: str | None) -> int:
    """Run the tests of the plugin, or of the workspace, in DIR; default here."""
    # Behind `--` an option would be taken for the folder.
    named = bool(words) and not words[0].startswith("-")
    folder, rest = Path(words[0] if named else "."), words[named:]
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "there is no such folder"
        raise InvalidParams(
            f"{folder}: {what}",
            remedy="name the folder of a plugin or of a workspace, or go there and name none",
        )
    if mode == "live":
        place = data_folder(data)
        if not is_running(str(place)):
            raise NoHost(
                f"no host runs with the data folder {place}",
                remedy="start one with `plughost run`, or name the data folder that it has (--data)",
            )
        data = str(place)
    elif data is not None:
        raise click.UsageError(
            "--data names the running host of --mode live; without a live one leave it out"
        )
    try:
        line = pytest_command(folder, mode=mode, data=data, keyword=keyword, coverage=coverage, rest=rest)
    except Refused as exc:
        raise click.UsageError(str(exc)) from None
    code = subprocess.run(line, cwd=folder, check=False).returncode
    return _CODES.get(code, ExitCode.USAGE)
