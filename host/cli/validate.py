"""`plughost validate`: checks plugins' folders and lists everything that is wrong with them."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from host.cli.exit_codes import ExitCode
from host.cli.output import print_json
from host.logs import clean
from host.manifest import discover, unmet_requirements


@click.command("validate")
@click.argument("folders", nargs=-1, required=True, metavar="DIR...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per plugin.")
def command(folders: tuple[Path, ...], as_json: bool) -> int:
    """Check the plugins in each DIR: a plugin's folder, or a folder of plugins."""
    found = discover(folders)
    for package in found.packages:
        unmet = unmet_requirements(package.manifest)
        if as_json:
            print_json(
                {"folder": str(package.folder), "id": package.manifest.id, "faults": [], "unmet": unmet}
            )
        else:
            sys.stdout.write(
                f"ok    {package.manifest.id} {package.manifest.version}  {clean(str(package.folder))}\n"
            )
            for sentence in unmet:
                sys.stdout.write(f"      not met here: {clean(sentence)}\n")
    for folder, error in found.broken:
        if as_json:
            faults: list[Any] = [msgspec.to_builtins(fault) for fault in error.faults]
            print_json({"folder": str(folder), "id": None, "faults": faults, "unmet": []})
        else:
            count = len(error.faults)
            sys.stdout.write(f"BAD   {clean(str(folder))}: {count} fault{'s' if count > 1 else ''}\n")
            for fault in error.faults:
                sys.stdout.write(f"      {clean(str(fault))}\n")
    if not found.packages and not found.broken:
        sys.stderr.write(
            "no plugin found: a plugin's folder holds plugin.toml, plugin.json or manifest.json\n"
        )
        return ExitCode.NOT_FOUND
    return ExitCode.BAD_INPUT_FILE if found.broken else ExitCode.OK
