"""`plughost config`: the host's effective settings, and the configuration of its plugins.

Asks the host that holds the data folder, and works on the folder itself while none does. A secret is never an
argument: others on the machine see those.
"""

import getpass
import inspect
from collections.abc import Awaitable, Callable
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import anyio
import click
import msgspec

from host.cli.attached import ask, is_running
from host.cli.attached_parts import AttachedConfiguration
from host.cli.config_values import changes_of
from host.cli.configured import configuration_at_rest, secret_settings
from host.cli.hosting import settings_for
from host.cli.output import print_json, print_table
from host.errors import InvalidConfiguration, NoHost
from host.facade.config_pages import ConfigSaved
from host.facade.facade import Facade
from host.masking import MASK
from host.paths import default_data_folder
from host.settings import effective

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")


_APPLIED = {
    "live": "in use",
    "restarted": "in use, the plugin was restarted",
    "at next start": "used at the next start",
}


@click.group("config")
def command() -> None:
    """Show the host's settings; show and change plugins' configuration."""


@command.command("host")
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def config_host(config: str | None, as_json: bool) -> None:
    """Show the host's effective settings and where each came from."""
    settings = settings_for(config, {})
    hidden = secret_settings(settings)
    rows = [(name, MASK if name in hidden else value, origin) for name, value, origin in effective(settings)]
    if as_json:
        print_json([{"name": name, "value": value, "origin": origin} for name, value, origin in rows])
    else:
        print_table(("SETTING", "VALUE", "FROM"), rows)


def _options(function: _F) -> _F:
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--data", type=click.Path(), help="Data folder."),
        click.option("--config", type=click.Path(), help="Settings file; default ./plughost.toml."),
        click.option("--dir", "folders", multiple=True, type=click.Path(exists=True, file_okay=False)),
        click.argument("plugin", metavar="ID"),
    ):
        function = option(function)
    return function


def _with(
    plugin: str,
    config: str | None,
    data: str | None,
    folders: tuple[str, ...],
    body: Callable[[Any], Awaitable[_T]],
) -> _T:
    """Run `body` with the configuration: of the running host, or of the data folder that nobody holds."""
    places = [str(Path(folder).resolve()) for folder in folders] or None
    settings = settings_for(config, {"plugins": places, "data": data})
    folder = str(settings.data or default_data_folder())

    async def attached(facade: Facade) -> _T:
        return await body(await AttachedConfiguration.of(facade, plugin))

    if is_running(folder):
        try:
            return ask(attached, data=folder, socket=None, name="config")
        except NoHost:
            pass  # it ended, and left its socket behind

    async def run() -> _T:
        async with configuration_at_rest(settings) as configuration:
            return await body(configuration)

    return anyio.run(run)


@command.command("get")
@_options
def config_get(
    plugin: str, config: str | None, data: str | None, folders: tuple[str, ...], as_json: bool
) -> None:
    """Show the configuration of the plugin ID; secrets are masked."""

    async def body(configuration: Any) -> dict[str, Any]:
        return configuration.get(plugin)

    values = _with(plugin, config, data, folders, body)
    if as_json:
        print_json(values)
    else:
        print_table(("KEY", "VALUE"), [(key, _text(value)) for key, value in values.items()])


@command.command("explain")
@_options
def config_explain(
    plugin: str, config: str | None, data: str | None, folders: tuple[str, ...], as_json: bool
) -> None:
    """Show each value with the layer that it comes from."""

    async def body(configuration: Any) -> Any:
        return configuration.explain(plugin)

    rows = _with(plugin, config, data, folders, body)
    if as_json:
        print_json([{"key": row.key, "value": row.value, "origin": row.origin} for row in rows])
    else:
        print_table(("KEY", "VALUE", "FROM"), [(row.key, _text(row.value), row.origin) for row in rows])


@command.command("set")
@_options
@click.argument("assignments", metavar="KEY=VALUE|KEY=@FILE|KEY=-|KEY...", nargs=-1, required=True)
def config_set(
    plugin: str,
    assignments: tuple[str, ...],
    config: str | None,
    data: str | None,
    folders: tuple[str, ...],
    as_json: bool,
) -> None:
    """Set values. KEY may be dotted; VALUE is JSON, or text where the schema says so. A secret is asked for
    where KEY stands alone, or read from a file (@FILE) or from stdin (-).
    """

    async def body(configuration: Any) -> Any:
        changes = changes_of(configuration, plugin, assignments)
        return await configuration.set(plugin, changes, by=_who())

    _changed(_with(plugin, config, data, folders, body), as_json)


@command.command("unset")
@_options
@click.argument("keys", metavar="KEY...", nargs=-1, required=True)
def config_unset(
    plugin: str,
    keys: tuple[str, ...],
    config: str | None,
    data: str | None,
    folders: tuple[str, ...],
    as_json: bool,
) -> None:
    """Let the lower layers give these values again."""

    async def body(configuration: Any) -> Any:
        return await configuration.unset(plugin, *keys, by=_who())

    _changed(_with(plugin, config, data, folders, body), as_json)


@command.command("undo")
@_options
@click.option("--to", "revision", type=click.IntRange(0), help="Go back to this revision; 0 is nothing set.")
def config_undo(
    plugin: str,
    config: str | None,
    data: str | None,
    folders: tuple[str, ...],
    as_json: bool,
    revision: int | None,
) -> None:
    """Take the last change back, or go back to a revision."""

    async def body(configuration: Any) -> Any:
        if revision is None:
            return await configuration.undo(plugin, by=_who())
        return await configuration.restore(plugin, revision, by=_who())

    _changed(_with(plugin, config, data, folders, body), as_json)


@command.command("history")
@_options
def config_history(
    plugin: str, config: str | None, data: str | None, folders: tuple[str, ...], as_json: bool
) -> None:
    """Show what was changed, when and by whom; secrets are masked."""

    async def body(configuration: Any) -> Any:
        return await configuration.history(plugin)

    revisions = _with(plugin, config, data, folders, body)
    if as_json:
        print_json(msgspec.to_builtins(revisions))
        return
    rows = [
        (str(one.revision), _time(one.at_s), one.who, change.key, _text(change.old), _text(change.new))
        for one in revisions
        for change in one.changes
    ]
    print_table(("REVISION", "WHEN", "BY", "KEY", "OLD", "NEW"), rows)


@command.command("validate")
@_options
@click.argument("assignments", metavar="[KEY=VALUE]...", nargs=-1)
def config_validate(
    plugin: str,
    assignments: tuple[str, ...],
    config: str | None,
    data: str | None,
    folders: tuple[str, ...],
    as_json: bool,
) -> None:
    """Hold the configuration, with these values in it, against the schema; change nothing."""

    async def body(configuration: Any) -> Any:
        faults = configuration.validate(plugin, changes_of(configuration, plugin, assignments))
        return await faults if inspect.isawaitable(faults) else faults

    faults = _with(plugin, config, data, folders, body)
    if faults:
        raise InvalidConfiguration(plugin, faults, remedy="mend each of them")
    if as_json:
        print_json({"valid": True})
    else:
        click.echo("it fits its schema")


def _changed(change: Any, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(change))
    elif change.applied in ("unchanged", "nothing changed"):
        click.echo(f"revision {change.revision}: nothing changed")
    elif isinstance(change, ConfigSaved):
        click.echo(f"revision {change.revision}; {_APPLIED[change.applied]}")
    else:
        click.echo(f"revision {change.revision}; used at the next start")


def _who() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "command line"


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
