"""`plughost perms`: shows what plugins may do, and changes it, while the host does not run.

It opens the host's own data folder, and so its lock, but starts no plugin.
"""

import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import click
import msgspec

from host.cli.exit_codes import ExitCode
from host.cli.hosting import build_host, run_host, settings_for, start_logging
from host.cli.output import print_json, print_table
from host.logs import clean
from host.plugin_host import PluginHost

_Options = Callable[[Callable[..., int]], Callable[..., int]]


def _options(function: Callable[..., int]) -> Callable[..., int]:
    folder = click.Path(exists=True, file_okay=False, path_type=Path)
    options: tuple[_Options, ...] = (
        click.option("--dir", "folders", multiple=True, type=folder, help="Where plugins are."),
        click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml."),
        click.option("--data", type=click.Path(), help="Data folder."),
    )
    for option in options:
        function = option(function)
    return function


@click.group("perms")
def command() -> None:
    """Show what plugins may do, and change it. The host must not be running; it has its own means."""


@command.command("list")
@click.argument("plugin", metavar="[ID]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@_options
def list_them(plugin: str | None, as_json: bool, **place: Any) -> int:
    """List what each plugin, or plugin ID, asks for and has."""

    async def show(host: PluginHost) -> None:
        ids = [plugin] if plugin else [view.id for view in host.plugins() if not view.faults]
        views = [host.permissions.of(one) for one in ids]
        if as_json:
            print_json([msgspec.to_builtins(view) for view in views])
            return
        rows: list[tuple[str, str, str]] = []
        for view in views:
            for state in ("granted", "refused", "waiting"):
                rows += [(view.plugin, clean(one), state) for one in getattr(view, state)]
        print_table(("PLUGIN", "PERMISSION", "STATE"), rows)

    return _with_host(place, show)


@command.command("consent")
@click.argument("plugin", metavar="ID")
@_options
def consent(plugin: str, **place: Any) -> int:
    """Grant everything that plugin ID waits for."""
    return _change(place, plugin, "granted", lambda host: host.permissions.consent(plugin))


@command.command("decline")
@click.argument("plugin", metavar="ID")
@_options
def decline(plugin: str, **place: Any) -> int:
    """Refuse everything that plugin ID waits for; it may be loaded without."""
    return _change(place, plugin, "refused", lambda host: host.permissions.decline(plugin))


@command.command("grant")
@click.argument("plugin", metavar="ID")
@click.argument("permission")
@_options
def grant(plugin: str, permission: str, **place: Any) -> int:
    """Grant plugin ID one PERMISSION, whatever its manifest and the policy say."""
    return _change(place, plugin, "granted", lambda host: host.permissions.grant(plugin, permission))


@command.command("revoke")
@click.argument("plugin", metavar="ID")
@click.argument("permission")
@_options
def revoke(plugin: str, permission: str, **place: Any) -> int:
    """Refuse plugin ID one PERMISSION, whatever they say."""
    return _change(place, plugin, "refused", lambda host: host.permissions.revoke(plugin, permission))


def _change(
    place: dict[str, Any], plugin: str, state: str, change: Callable[[PluginHost], Awaitable[None]]
) -> int:
    async def run(host: PluginHost) -> None:
        before = set(getattr(host.permissions.of(plugin), state))
        await change(host)
        now = [one for one in getattr(host.permissions.of(plugin), state) if one not in before]
        said = f"{state}: {', '.join(now)}" if now else "nothing changed"
        sys.stdout.write(f"{plugin}: {clean(said)}\n")

    return _with_host(place, run)


def _with_host(place: dict[str, Any], use: Callable[[PluginHost], Awaitable[None]]) -> int:
    """Enter the host that the settings describe, without starting a plugin."""
    folders = [str(folder.resolve()) for folder in place["folders"]]
    settings = settings_for(place["config"], {"plugins": folders or None, "data": place["data"]})
    start_logging(settings, quiet=True)

    async def body(host: PluginHost) -> int:
        await use(host)
        return ExitCode.OK

    return run_host(build_host(settings), body)
