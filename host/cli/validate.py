"""`plughost validate`: checks plugins' folders and blobs and lists everything that is wrong with them."""

import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from host.cli.exit_codes import ExitCode
from host.cli.output import print_json
from host.errors import ManifestError
from host.logs import clean
from host.manifest import Discovery, Package, check_blob, discover, unmet_requirements
from host.manifest.package import FORMS


@click.command("validate")
@click.argument("folders", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per plugin.")
def command(folders: tuple[Path, ...], as_json: bool) -> int:
    """Check the plugins at each PATH.

    A PATH is a plugin's folder, its manifest, a folder of plugins, or a JSON blob {manifest, files}.
    """
    found = _found(folders)
    for package in found.packages:
        unmet = unmet_requirements(package.manifest, package.folder)
        if as_json:
            print_json(
                {"folder": str(package.folder), "id": package.manifest.id, "faults": [], "unmet": unmet}
                | {"warnings": list(package.warnings)}
            )
        else:
            sys.stdout.write(
                f"ok    {package.manifest.id} {package.manifest.version}  {clean(str(package.folder))}\n"
            )
            for sentence in package.warnings:
                sys.stdout.write(f"      warning: {clean(sentence)}\n")
            for sentence in unmet:
                sys.stdout.write(f"      not met here: {clean(sentence)}\n")
    for folder, error in found.broken:
        if as_json:
            faults: list[Any] = [msgspec.to_builtins(fault) for fault in error.faults]
            print_json({"folder": str(folder), "id": None, "faults": faults, "unmet": [], "warnings": []})
        else:
            count = len(error.faults)
            sys.stdout.write(f"BAD   {clean(str(folder))}: {count} fault{'s' if count > 1 else ''}\n")
            for fault in error.faults:
                sys.stdout.write(f"      {clean(str(fault))}\n")
    if not found.packages and not found.broken:
        sys.stderr.write(f"no plugin found: a plugin's folder holds one of {', '.join(FORMS)}\n")
        return ExitCode.NOT_FOUND
    return ExitCode.BAD_INPUT_FILE if found.broken else ExitCode.OK


def _found(paths: tuple[Path, ...]) -> Discovery:
    folders: list[Path] = []
    packages: list[Package] = []
    broken: list[tuple[Path, ManifestError]] = []
    for path in paths:
        if not path.is_file():
            folders.append(path)
        elif path.name in FORMS:
            folders.append(path.parent)
        else:
            try:
                package = check_blob(path)
                packages.append(
                    Package(package.manifest, path, path, package.config_defaults, package.warnings)
                )
            except ManifestError as exc:
                broken.append((path, exc))
    found = discover(folders)
    return Discovery((*found.packages, *packages), (*found.broken, *broken))
