"""`plughost perms`: shows what plugins may do, and changes it: by the running host, else in its data folder.

Without a host it opens the data folder, and so its lock, but starts no plugin.
"""

import sys
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from host.cli.attached import ask, is_running
from host.cli.exit_codes import ExitCode
from host.cli.hosting import build_host, run_host, settings_for, start_logging, tell_of_new
from host.cli.listing import Listing, Row, listing_options
from host.cli.verb_first import VerbFirst
from host.errors import NoAnswer, NoHost
from host.facade.facade import Facade
from host.facade.pages import PermissionsPage
from host.logs import clean
from host.paths import default_data_folder
from host.plugin_host import PluginHost
from host.services.permissions import PermissionsView

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


class _Perms(VerbFirst):
    MEANT = "list"


@click.group("perms", cls=_Perms)
def command() -> None:
    """Show what plugins may do, and change it; in a running host it counts at once."""


@command.command("list")
@click.argument("plugin", metavar="[ID]", required=False)
@listing_options
@_options
def list_them(plugin: str | None, listing: Listing, **place: Any) -> int:
    """List what each plugin, or plugin ID, asks for and has."""

    async def show(host: PluginHost) -> None:
        ids = [plugin] if plugin else [view.id for view in host.plugins() if not view.faults]
        _show([host.permissions.of(one) for one in ids], listing)

    async def attached(facade: Facade) -> None:
        ids = [plugin] if plugin else [row.id for row in await facade.plugins() if not row.manifest_faults]
        _show([_view(await facade.permissions(one)) for one in ids], listing)

    done = _attached(place, attached)
    return _with_host(place, show) if done is None else done


def _show(views: Sequence[PermissionsView], listing: Listing) -> None:
    rows = [
        {"plugin": view.plugin, "permission": one, "state": state}
        for view in views
        for state in ("granted", "refused", "waiting")
        for one in getattr(view, state)
    ]

    def whole(taken: Sequence[Row]) -> Any:
        """Return the plugins as they are known; with a filter, with what it takes alone."""
        if not listing.wanted:
            return [msgspec.to_builtins(view) for view in views]
        having = {(row["plugin"], row["permission"]) for row in taken}
        return [
            {"plugin": view.plugin}
            | {
                name: [one for one in getattr(view, name) if (view.plugin, one) in having]
                for name in ("asked", "granted", "refused", "waiting")
            }
            for view in views
            if any(row["plugin"] == view.plugin for row in taken)
        ]

    listing.show(rows, {"PLUGIN": "plugin", "PERMISSION": "permission", "STATE": "state"}, whole=whole)


def _view(page: PermissionsPage) -> PermissionsView:
    def of(state: str) -> tuple[str, ...]:
        return tuple(row.permission for row in page.rows if row.state == state)

    asked = tuple(row.permission for row in page.rows if row.asked)
    return PermissionsView(page.plugin, asked, of("granted"), of("refused"), page.waiting)


@command.command("consent")
@click.argument("plugin", metavar="ID")
@_options
def consent(plugin: str, **place: Any) -> int:
    """Grant everything that plugin ID waits for."""
    return _change(
        place,
        plugin,
        "granted",
        lambda host: host.permissions.consent(plugin),
        lambda facade: facade.permission_consent(plugin),
    )


@command.command("decline")
@click.argument("plugin", metavar="ID")
@_options
def decline(plugin: str, **place: Any) -> int:
    """Refuse everything that plugin ID waits for; it may be loaded without."""
    return _change(
        place,
        plugin,
        "refused",
        lambda host: host.permissions.decline(plugin),
        lambda facade: facade.permission_decline(plugin),
    )


@command.command("grant")
@click.argument("plugin", metavar="ID")
@click.argument("permission")
@_options
def grant(plugin: str, permission: str, **place: Any) -> int:
    """Grant plugin ID one PERMISSION, whatever its manifest and the policy say."""
    return _change(
        place,
        plugin,
        "granted",
        lambda host: host.permissions.grant(plugin, permission),
        lambda facade: facade.permission_grant(plugin, permission),
    )


@command.command("revoke")
@click.argument("plugin", metavar="ID")
@click.argument("permission")
@_options
def revoke(plugin: str, permission: str, **place: Any) -> int:
    """Refuse plugin ID one PERMISSION, whatever they say."""
    return _change(
        place,
        plugin,
        "refused",
        lambda host: host.permissions.revoke(plugin, permission),
        lambda facade: facade.permission_revoke(plugin, permission),
    )


def _change(
    place: dict[str, Any],
    plugin: str,
    state: str,
    change: Callable[[PluginHost], Awaitable[None]],
    attached_change: Callable[[Facade], Awaitable[PermissionsPage]],
) -> int:
    async def run(host: PluginHost) -> None:
        before = set(getattr(host.permissions.of(plugin), state))
        await change(host)
        _say(plugin, state, before, getattr(host.permissions.of(plugin), state))

    async def attached(facade: Facade) -> None:
        before = set(getattr(_view(await facade.permissions(plugin)), state))
        _say(plugin, state, before, getattr(_view(await attached_change(facade)), state))

    done = _attached(place, attached)
    return _with_host(place, run) if done is None else done


def _say(plugin: str, state: str, before: set[str], after: tuple[str, ...]) -> None:
    now = [one for one in after if one not in before]
    said = f"{state}: {', '.join(now)}" if now else "nothing changed"
    sys.stdout.write(f"{plugin}: {clean(said)}\n")


def _attached(place: dict[str, Any], use: Callable[[Facade], Awaitable[None]]) -> int | None:
    """Ask the running host; return None if there is none."""
    folder = str(settings_for(place["config"], {"data": place["data"]}).data or default_data_folder())
    if not is_running(folder):
        return None
    try:
        ask(use, data=folder, socket=None, name="perms")
    except NoAnswer:
        raise
    except NoHost:
        return None  # it ended, and left its socket behind
    return ExitCode.OK


def _with_host(place: dict[str, Any], use: Callable[[PluginHost], Awaitable[None]]) -> int:
    """Enter the host that the settings describe, without starting a plugin."""
    folders = [str(folder.resolve()) for folder in place["folders"]]
    settings = settings_for(place["config"], {"plugins": folders or None, "data": place["data"]})
    start_logging(settings, quiet=True)
    tell_of_new(settings.data or default_data_folder())

    async def body(host: PluginHost) -> int:
        await use(host)
        return ExitCode.OK

    return run_host(build_host(settings), body)
