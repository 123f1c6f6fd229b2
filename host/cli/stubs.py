"""`plughost stubs`: writes down an embedding program's API, so that plugins' authors have it completed."""

import importlib
import sys
from pathlib import Path
from typing import Any

import click
import msgspec

from host.cli.output import print_json
from host.cli.stub_text import StubFault, render
from host.cli.stub_types import usable
from host.logs import clean
from host.plugin_host import PluginHost

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024


@click.command("stubs")
@click.argument("source", metavar="MODULE:HOST | FILE.json")
@click.option(
    "-o",
    "--output",
    "folder",
    default=Path(),
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; default here.",
)
@click.option("--module", default="host_api", show_default=True, help="Name of the module that is written.")
@click.option("--json", "as_json", is_flag=True, help="Print the API as OpenRPC, and write no file.")
def command(source: str, folder: Path, module: str, as_json: bool) -> int:
    """Write a Python module that tells type checkers what plugins may call on a host.

    MODULE:HOST is a PluginHost in a module of yours, or a function that returns one; the host is not
    started. FILE.json is what --json printed, for authors who don't have the program.
    """
    if not usable(module):
        raise click.UsageError(f"--module {module}: must be a Python name, such as host_api")
    document = _read(Path(source)) if source.endswith(".json") else _ask(source)
    if as_json:
        print_json(document)
        return 0
    try:
        stubs = render(document, module)
    except StubFault as exc:
        raise click.UsageError(
            f"{source}: {exc}; write one with `plughost stubs MODULE:HOST --json`"
        ) from None
    for name in stubs.left_out:
        sys.stderr.write(f"left out, its names can't be written in Python: {clean(name)}\n")
    path = folder / f"{module}.py"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(stubs.text, encoding="utf-8")
    except OSError as exc:
        raise click.UsageError(f"{path}: can't be written: {exc.strerror}") from None
    sys.stdout.write(f"{clean(str(path))}: {len(stubs.functions)} functions\n")
    return 0


def _read(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            text = file.read(MAX_DOCUMENT_BYTES + 1)
    except OSError as exc:
        raise click.UsageError(f"{path}: can't be read: {exc.strerror}") from None
    if len(text) > MAX_DOCUMENT_BYTES:
        raise click.UsageError(f"{path}: larger than {MAX_DOCUMENT_BYTES} bytes")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise click.UsageError(f"{path}: is no JSON: {exc}") from None


def _ask(source: str) -> dict[str, Any]:
    name, colon, attribute = source.partition(":")
    if not colon or not name or not attribute:
        raise click.UsageError(f"{source}: must be MODULE:HOST, such as app:host, or a file FILE.json")
    sys.path.insert(0, str(Path.cwd()))
    try:
        found: Any = importlib.import_module(name)
        for part in attribute.split("."):
            found = getattr(found, part)
        if not isinstance(found, PluginHost) and callable(found):
            found = found()
    except Exception as exc:  # the module is the embedder's program: importing it can raise anything
        raise click.UsageError(f"{source}: {type(exc).__name__}: {clean(str(exc))}") from exc
    if not isinstance(found, PluginHost):
        raise click.UsageError(
            f"{source}: is {type(found).__name__}, not a PluginHost and not a function that returns one"
        )
    return found.api_document()
