"""Config reach: how the commands of `plughost config` come to a plugin's configuration, and tell of a change.

Asks the host that holds the data folder, and opens the folder itself while none does.
"""

import getpass
import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import anyio
import click
import msgspec

from host.cli.attached import ask, is_running
from host.cli.attached_parts import AttachedConfiguration
from host.cli.configured import configuration_at_rest
from host.cli.hosting import settings_for, tell_of_new
from host.cli.output import print_json
from host.errors import NoAnswer, NoHost
from host.facade.config_pages import ConfigSaved
from host.facade.facade import Facade
from host.logs import clean
from host.paths import default_data_folder

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")

_APPLIED = {
    "live": "in use",
    "restarted": "in use, the plugin was restarted",
    "at next start": "used at the next start",
}


def config_options(function: _F) -> _F:
    """Give a command the options that say whose configuration is meant, and where it is."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option("--data", type=click.Path(), help="Data folder."),
        click.option("--config", type=click.Path(), help="Settings file; default ./plughost.toml."),
        click.option("--dir", "folders", multiple=True, type=click.Path(exists=True, file_okay=False)),
        click.argument("plugin", metavar="ID"),
    ):
        function = option(function)
    return function


def with_configuration(
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
        except NoAnswer:
            raise
        except NoHost:
            pass  # it ended, and left its socket behind

    tell_of_new(Path(folder))

    async def run() -> _T:
        async with configuration_at_rest(settings) as configuration:
            return await body(configuration)

    return anyio.run(run)


def shown_value(value: Any) -> str:
    """Return a value of a configuration as text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def say_changed(change: Any, as_json: bool) -> None:
    """Tell what became of a change."""
    if as_json:
        print_json(msgspec.to_builtins(change))
    elif change.applied in ("unchanged", "nothing changed"):
        click.echo(f"revision {change.revision}: nothing changed")
    elif isinstance(change, ConfigSaved):
        click.echo(f"revision {change.revision}; {_APPLIED[change.applied]}")
    else:
        click.echo(f"revision {change.revision}; used at the next start")


def say_saved(saved: Any, revision: int, as_json: bool) -> None:
    """Tell what is different, and what became of it; None where nothing was to be saved."""
    if saved is not None:
        differences, done = saved
        for one in () if as_json else differences:
            click.echo(f"{clean(one.key)}: {shown_value(one.old)} -> {shown_value(one.new)}")
        say_changed(done, as_json)
    elif as_json:
        print_json({"revision": revision, "applied": "nothing changed"})
    else:
        click.echo("nothing changed")


def who() -> str:
    """Return who changes something, for the history."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return "command line"


def saving(
    plugin: str, changes: dict[str, Any], unset: tuple[str, ...], revision: int
) -> Callable[[Any], Awaitable[Any]]:
    """Return what saves a change, and returns what is different with what was answered."""

    async def body(configuration: Any) -> Any:
        check = configuration.preview(plugin, changes, unset)
        check = await check if inspect.isawaitable(check) else check
        done = await configuration.change(plugin, changes, unset, by=who(), expected_revision=revision)
        return check.differences, done

    return body
