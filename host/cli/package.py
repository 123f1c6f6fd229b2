"""`plughost package`: a plugin as one file."""

import sys
from pathlib import Path

import click
import msgspec

from host.cli.exit_codes import ExitCode
from host.cli.output import print_json
from host.devtools.archive import pack
from host.devtools.code_check import check_code
from host.devtools.frozen import Frozen, frozen_of, with_frozen
from host.devtools.refused import Refused
from host.devtools.source_tree import read_source
from host.errors import ManifestError
from host.facade.figures import many
from host.logs import clean
from host.manifest import Package, read_package


@click.command("package")
@click.argument(
    "folder", metavar="[DIR]", default=Path(), type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="File, or folder to write to.")
@click.option("--tests", is_flag=True, help="Pack tests, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: Path, output: Path | None, tests: bool, as_json: bool) -> int:
    """Check the plugin in DIR and pack it into ID-VERSION.zip. The same files make the same archive.

    Hidden files, caches and environments stay out, and tests unless they are asked for. The file `checksums`
    in it has the SHA-256 of each other one. Durable subscriptions and hooks that stand in the code are
    written into the manifest of the package, so that a host knows them before the plugin ever ran there.
    """
    try:
        package = read_package(folder)
    except ManifestError as exc:
        exc.remedy = exc.remedy or "mend it; `plughost validate` says when it is good"
        raise
    if _has_faults(package):
        return ExitCode.BAD_INPUT_FILE
    frozen = frozen_of(package, read_source(package.folder))
    count = len(frozen.subscriptions) + len(frozen.hooks)
    try:
        manifest = _manifest_with(package, frozen) if count else None
        archive = pack(package, tests=tests, beside=output, manifest=manifest)
        place = output or Path()
        file = place / archive.name if place.is_dir() else place
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(archive.content)
    except Refused as exc:
        raise click.UsageError(str(exc)) from None
    except OSError as exc:
        raise click.UsageError(f"{exc.filename}: {exc.strerror}") from None
    if as_json:
        print_json(
            {"file": str(file), "bytes": len(archive.content), "sha256": archive.digest}
            | {"files": list(archive.files), "left_out": list(archive.left_out)}
            | {"frozen": 0 if manifest is None else count}
        )
        return ExitCode.OK
    sys.stdout.write(
        f"{clean(str(file))}  {len(archive.content):,} bytes, {len(archive.files)} files\n"
        f"sha256 {archive.digest}\n"
    )
    if manifest is not None:
        what = f"{many(len(frozen.subscriptions), 'durable subscription')}, {many(len(frozen.hooks), 'hook')}"
        sys.stdout.write(f"frozen into {package.file.name}: {what}\n")
    if archive.left_out:
        sys.stdout.write(f"left out: {clean(', '.join(archive.left_out))}\n")
    return ExitCode.OK


def _manifest_with(package: Package, frozen: Frozen) -> str | None:
    """Return the manifest with what the code declares, or None where it can't be written into it."""
    for note in frozen.notes:
        sys.stderr.write(f"{clean(note)}\n")
    made = with_frozen(package.file.name, package.file.read_text(), frozen)
    if made is None:
        sys.stderr.write(
            f"{package.file.name}: durable subscriptions and hooks of the code can't be written into it; "
            "a host learns them at the first load\n"
        )
    return made


def _has_faults(package: Package) -> bool:
    """Say what is wrong with the code; a warning does not keep it from being packed."""
    findings = check_code(package)
    for one in findings:
        sys.stderr.write(f"{clean(str(one))}\n")
    faults = [msgspec.to_builtins(one) for one in findings if one.level == "fault"]
    if faults:
        sys.stderr.write("not packed: mend the faults first\n")
    return bool(faults)
