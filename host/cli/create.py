"""`plughost create`: a new plugin from a template."""

import sys
from pathlib import Path
from typing import Any

import click

from host.cli.exit_codes import ExitCode
from host.devtools.create import SUMMARIES, create
from host.devtools.refused import Refused
from host.devtools.workspace import plugins_folder
from host.logs import clean


class _Kind(click.Choice[str]):
    """A kind, with `-` as well as `_` in its name."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the kind as it is known."""
        return super().convert(str(value).replace("-", "_"), param, ctx)


_KINDS = _Kind([*SUMMARIES], case_sensitive=False)


@click.command("create")
@click.argument("name", metavar="NAME")
@click.option("--kind", "--template", "kind", type=_KINDS, default="extension", show_default=True)
@click.option(
    "--dir",
    "parent",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its folder is made; default ./plugins in a workspace, else here.",
)
def command(name: str, kind: str, parent: Path | None) -> int:
    """Write the plugin NAME: manifest, code, a test and a README. It is valid, and its tests pass."""
    try:
        folder, files = create(name, kind, plugins_folder(Path()) if parent is None else parent)
    except Refused as exc:
        raise click.UsageError(str(exc)) from None
    shown = clean(str(folder))
    for file in files:
        sys.stdout.write(f"wrote {shown}/{file}\n")
    sys.stdout.write(
        f"\nnext:\n  plughost validate {shown}\n  plughost test {shown}\n  plughost run {shown}\n"
    )
    return ExitCode.OK
