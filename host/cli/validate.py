"""`plughost validate`: checks plugins' folders and blobs and lists everything that is wrong with them."""

import sys
import tempfile
from pathlib import Path
from typing import Any

import click
import msgspec

from host.cli.exit_codes import ExitCode
from host.cli.output import print_json
from host.cli.package_check import check_package
from host.devtools.code_check import check_code
from host.devtools.findings import Finding
from host.errors import ManifestError
from host.logs import clean
from host.manifest import Discovery, Package, check_blob, discover, unmet_requirements, unpack_blob
from host.manifest.package import FORMS


@click.command("validate")
@click.argument("folders", nargs=-1, required=True, metavar="PATH...", type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="Warnings of the code check count as faults.")
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="Print one JSON object per plugin.")
def command(folders: tuple[Path, ...], strict: bool, as_json: bool) -> int:
    """Check the plugins at each PATH: the manifest, and the code without running it.

    A PATH is a plugin's folder, its manifest, a folder of plugins, or a JSON blob {manifest, files}.
    `# plughost: ok RULE` in a line of code silences a rule there.
    """
    found = _found(folders)
    bad = bool(found.broken)
    for package in found.packages:
        unmet = unmet_requirements(package.manifest, package.folder)
        findings = _of_folder(package) if package.folder.is_dir() else _of_blob(package.file)
        faults = sum(one.level == "fault" or strict for one in findings)
        bad = bad or bool(faults)
        if as_json:
            print_json(
                {"folder": str(package.folder), "id": package.manifest.id, "faults": [], "unmet": unmet}
                | {"warnings": list(package.warnings)}
                | {"findings": [msgspec.to_builtins(one) for one in findings]}
            )
            continue
        named = f"{package.manifest.id} {package.manifest.version}  {clean(str(package.folder))}"
        count = f": {faults} fault{'s' if faults > 1 else ''}" if faults else ""
        sys.stdout.write(f"{'BAD' if faults else 'ok':<5} {named}{count}\n")
        for sentence in package.warnings:
            sys.stdout.write(f"      warning: {clean(sentence)}\n")
        for one in findings:
            sys.stdout.write(f"      {clean(str(one))}\n")
        for sentence in unmet:
            sys.stdout.write(f"      not met here: {clean(sentence)}\n")
    for folder, error in found.broken:
        if as_json:
            told: list[Any] = [msgspec.to_builtins(fault) for fault in error.faults]
            print_json(
                {"folder": str(folder), "id": None, "faults": told, "unmet": [], "warnings": []}
                | {"findings": []}
            )
        else:
            number = len(error.faults)
            plural = "s" if number > 1 else ""
            sys.stdout.write(f"BAD   {clean(str(folder))}: {number} fault{plural}\n")
            for fault in error.faults:
                sys.stdout.write(f"      {clean(str(fault))}\n")
    if not found.packages and not found.broken:
        sys.stderr.write(f"no plugin found: a plugin's folder holds one of {', '.join(FORMS)}\n")
        return ExitCode.NOT_FOUND
    return ExitCode.BAD_INPUT_FILE if bad else ExitCode.OK


def _of_folder(package: Package) -> tuple[Finding, ...]:
    return (*check_package(package), *check_code(package))


def _of_blob(file: Path) -> tuple[Finding, ...]:
    """Check the code of a blob, of which the manifest is good, in a folder that goes again."""
    with tempfile.TemporaryDirectory() as place:
        return _of_folder(unpack_blob(file.read_bytes(), Path(place) / "plugin", file.name))


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
