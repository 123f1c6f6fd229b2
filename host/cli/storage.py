"""`plughost storage`: shows what plugins keep: by the running host, else from the data folder.

Without a host it holds the folder's lock meanwhile, so it never reads beside one that writes.
"""

import json
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import anyio
import click
import msgspec

from host.cli.attached import ask, is_running
from host.cli.attached_parts import AttachedStorage
from host.cli.exit_codes import ExitCode
from host.cli.hosting import settings_for, tell_of_new
from host.cli.listing import Listing, listing_options
from host.cli.output import print_json, print_value
from host.cli.verb_first import VerbFirst
from host.clock import SystemClock
from host.errors import NoAnswer, NoHost
from host.paths import default_data_folder
from host.services.storage import FILE, Storage
from host.services.storage_view import KeptKey, StorageView
from host.state.lock import open_data_folder

_NOTHING = object()

View = StorageView | AttachedStorage

_Options = Callable[[Callable[..., int]], Callable[..., int]]


def _options(function: Callable[..., int]) -> Callable[..., int]:
    options: tuple[_Options, ...] = (
        click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml."),
        click.option("--data", type=click.Path(), help="Data folder."),
    )
    for option in options:
        function = option(function)
    return function


class _Storage(VerbFirst):
    MEANT = "keys"


@click.group("storage", cls=_Storage)
def command() -> None:
    """Show what plugins keep."""


@command.command("list")
@listing_options
@_options
def list_plugins(config: str | None, data: str | None, listing: Listing) -> int:
    """List who keeps how much."""

    async def look(view: View) -> dict[str, Any]:
        return dict(await view.usage_all())

    found: dict[str, Any] = _look(config, data, look) or {}
    listing.show(
        [{"plugin": plugin, "keys": one.keys, "bytes": one.bytes} for plugin, one in found.items()],
        {"PLUGIN": "plugin", "KEYS": "keys", "BYTES": "bytes"},
        units={"keys": "count", "bytes": "bytes"},
        whole=lambda rows: {row["plugin"]: {"keys": row["keys"], "bytes": row["bytes"]} for row in rows},
    )
    return ExitCode.OK


@command.command("keys")
@click.argument("plugin", metavar="ID")
@click.argument("prefix", default="")
@listing_options
@_options
def list_keys(plugin: str, prefix: str, config: str | None, data: str | None, listing: Listing) -> int:
    """List the keys of plugin ID that begin with PREFIX."""

    async def look(view: View) -> list[KeptKey]:
        found: list[KeptKey] = []
        while page := await view.keys(plugin, prefix, after=found[-1].key if found else ""):
            found += page
        return found

    found: list[KeptKey] = _look(config, data, look) or []
    if not found and not listing.is_for_programs:
        under = f" under {json.dumps(prefix)}" if prefix else ""
        sys.stderr.write(f"plugin {json.dumps(plugin)} keeps nothing{under}\n")
    listing.show(
        [msgspec.to_builtins(one) for one in found],
        {"KEY": "key", "BYTES": "size_bytes", "VERSION": "version", "UNTIL": "expires_s"},
        units={"size_bytes": "bytes", "version": "count"},
        text=lambda row: (
            row["key"],
            str(row["size_bytes"]),
            str(row["version"]),
            _shown(row["expires_s"]),
        ),
    )
    return ExitCode.OK


@command.command("get")
@click.argument("plugin", metavar="ID")
@click.argument("key")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_options
def get(plugin: str, key: str, config: str | None, data: str | None, as_json: bool) -> int:
    """Print the value that plugin ID keeps under KEY."""

    async def look(view: View) -> Any:
        return await view.get(plugin, key, _NOTHING)

    value = _look(config, data, look, _NOTHING)
    if value is _NOTHING:
        sys.stderr.write(f"plugin {json.dumps(plugin)} keeps nothing under {json.dumps(key)}\n")
        return ExitCode.NOT_FOUND
    (print_json if as_json else print_value)(value)
    return ExitCode.OK


def _look(
    config: str | None,
    data: str | None,
    look: Callable[[View], Awaitable[Any]],
    nothing: Any = None,
) -> Any:
    """Return what `look` finds; `nothing` where no host has kept anything yet."""
    folder = settings_for(config, {"data": data}).data or default_data_folder()
    if is_running(str(folder)):
        try:
            return ask(
                lambda facade: look(AttachedStorage(facade)), data=str(folder), socket=None, name="storage"
            )
        except NoAnswer:
            raise
        except NoHost:
            pass  # it ended, and left its socket behind
    tell_of_new(folder)
    if not (folder / FILE).is_file():
        return nothing
    return anyio.run(_read, folder, look)


async def _read(folder: Path, look: Callable[[View], Awaitable[Any]]) -> Any:
    found: Any = None
    error: Exception | None = None
    with open_data_folder(folder):
        storage = Storage(SystemClock())
        async with anyio.create_task_group() as tasks:
            try:
                await storage.open(folder, tasks)
                found = await look(StorageView(storage))
            except Exception as exc:  # noqa: BLE001 - carried out of the group as it is, not in an ExceptionGroup
                error = exc
            finally:
                await storage.aclose()
    if error is not None:
        raise error
    return found


def _shown(expires_s: float | None) -> str:
    if expires_s is None:
        return ""
    return datetime.fromtimestamp(expires_s, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
