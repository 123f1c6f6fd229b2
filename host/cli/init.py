"""`plughost init`: a workspace for plugins."""

import sys
from pathlib import Path

import click

from host.cli.exit_codes import ExitCode
from host.devtools.refused import Refused
from host.devtools.workspace import init
from host.logs import clean


@click.command("init")
@click.argument("folder", metavar="[DIR]", default=Path(), type=click.Path(file_okay=False, path_type=Path))
def command(folder: Path) -> int:
    """Make DIR, or the folder here, a workspace: settings, a place for plugins, how their tests run.

    What is there already stays as it is.
    """
    try:
        written, kept = init(folder)
    except Refused as exc:
        raise click.UsageError(str(exc)) from None
    for name in written:
        sys.stdout.write(f"wrote {clean(str(folder / name))}\n")
    for name in kept:
        sys.stdout.write(f"kept  {clean(str(folder / name))}, which was there\n")
    first = "" if folder == Path() else f"  cd {clean(str(folder))}\n"
    sys.stdout.write(
        f"\nnext:\n{first}  plughost create hello   # a plugin, in plugins/hello\n"
        "  plughost test           # its tests\n  plughost run            # all plugins, in the foreground\n"
    )
    return ExitCode.OK
