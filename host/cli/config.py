"""`plughost config`: the host's effective settings, and the configuration of its plugins.

A secret is never an argument: others on the machine see those.
"""

import inspect
from datetime import datetime
from typing import Any

import click
import msgspec

from host.cli.config_edit import Shown, edit
from host.cli.config_reach import (
    config_options,
    saving,
    say_changed,
    say_saved,
    shown_value,
    who,
    with_configuration,
)
from host.cli.config_values import asked_of, changes_of, page_of
from host.cli.configured import secret_settings
from host.cli.hosting import settings_for
from host.cli.listing import Listing, listing_options, more_listing_options
from host.cli.output import print_json
from host.cli.verb_first import VerbFirst
from host.errors import InvalidConfiguration
from host.facade.config_pages import ConfigPage
from host.masking import MASK
from host.settings import effective


class _Config(VerbFirst):
    MEANT = "get"


@click.group("config", cls=_Config)
def command() -> None:
    """Show the host's settings; show and change plugins' configuration."""


@command.command("host")
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@listing_options
def config_host(config: str | None, listing: Listing) -> None:
    """Show the host's effective settings and where each came from."""
    settings = settings_for(config, {})
    hidden = secret_settings(settings)
    listing.show(
        [
            {"name": name, "value": MASK if name in hidden else value, "origin": origin}
            for name, value, origin in effective(settings)
        ],
        {"SETTING": "name", "VALUE": "value", "FROM": "origin"},
    )


@command.command("get")
@more_listing_options
@config_options
def config_get(
    plugin: str, config: str | None, data: str | None, folders: tuple[str, ...], listing: Listing
) -> None:
    """Show the configuration of the plugin ID; secrets are masked."""

    async def body(configuration: Any) -> dict[str, Any]:
        return configuration.get(plugin)

    values = with_configuration(plugin, config, data, folders, body)
    listing.show(
        [{"key": key, "value": value} for key, value in values.items()],
        {"KEY": "key", "VALUE": "value"},
        whole=lambda rows: {row["key"]: row["value"] for row in rows},
    )


@command.command("explain")
@more_listing_options
@config_options
def config_explain(
    plugin: str, config: str | None, data: str | None, folders: tuple[str, ...], listing: Listing
) -> None:
    """Show each value with the layer that it comes from."""

    async def body(configuration: Any) -> Any:
        return configuration.explain(plugin)

    rows = with_configuration(plugin, config, data, folders, body)
    listing.show(
        [{"key": row.key, "value": row.value, "origin": row.origin} for row in rows],
        {"KEY": "key", "VALUE": "value", "FROM": "origin"},
    )


@command.command("set")
@config_options
@click.argument("assignments", metavar="KEY=VALUE|KEY=@FILE|KEY=-|KEY...", nargs=-1, required=True)
def config_set(
    plugin: str,
    assignments: tuple[str, ...],
    config: str | None,
    data: str | None,
    folders: tuple[str, ...],
    as_json: bool,
) -> None:
    """Set values. KEY may be dotted; VALUE is JSON, or text where the schema says so. A KEY that stands alone
    is asked for; @FILE reads a file, - reads stdin. A secret is given in one of these three ways.
    """
    changes = _changes(plugin, assignments, config, data, folders)

    async def body(configuration: Any) -> Any:
        return await configuration.set(plugin, changes, by=who())

    say_changed(with_configuration(plugin, config, data, folders, body), as_json)


@command.command("edit")
@config_options
def config_edit(
    plugin: str, config: str | None, data: str | None, folders: tuple[str, ...], as_json: bool
) -> None:
    """Edit the configuration of the plugin ID as a text, in $VISUAL or $EDITOR.

    What does not fit is shown, and edited again; where somebody else was faster nothing is saved. Secrets
    are masked, and stay as they are.
    """

    async def read(configuration: Any) -> Shown:
        origins = {row.key: row.origin for row in configuration.explain(plugin)}
        values, schema = configuration.get(plugin), configuration.schema(plugin)
        return Shown(plugin, values, origins, schema, configuration.revision(plugin))

    def save(changes: dict[str, Any], unset: tuple[str, ...], revision: int) -> Any:
        return with_configuration(plugin, config, data, folders, saving(plugin, changes, unset, revision))

    shown = with_configuration(plugin, config, data, folders, read)
    say_saved(edit(shown, save), shown.revision, as_json)


@command.command("ask")
@config_options
@click.argument("keys", metavar="[KEY]...", nargs=-1)
def config_ask(
    plugin: str,
    keys: tuple[str, ...],
    config: str | None,
    data: str | None,
    folders: tuple[str, ...],
    as_json: bool,
) -> None:
    """Ask for values at the terminal, one after the other, each with what it is for and what is allowed.

    With KEY for that one and those below it alone. Nothing typed leaves a value as it is; secrets are not
    shown while they are typed.
    """

    async def read(configuration: Any) -> ConfigPage:
        return _page(configuration, plugin)

    page = with_configuration(plugin, config, data, folders, read)
    changes = asked_of(page, keys, needed=True)
    saved = None
    if changes:
        body = saving(plugin, changes, (), page.revision)
        saved = with_configuration(plugin, config, data, folders, body)
    say_saved(saved, page.revision, as_json)


def _changes(
    plugin: str,
    assignments: tuple[str, ...],
    config: str | None,
    data: str | None,
    folders: tuple[str, ...],
) -> dict[str, Any]:
    """Return what the words of a command line mean; whoever is asked holds neither host nor folder up."""

    async def read(configuration: Any) -> ConfigPage:
        return _page(configuration, plugin)

    return changes_of(with_configuration(plugin, config, data, folders, read), assignments)


def _page(configuration: Any, plugin: str) -> ConfigPage:
    schema, values = configuration.schema(plugin).document, configuration.get(plugin)
    return page_of(plugin, schema, values, configuration.revision(plugin))


@command.command("unset")
@config_options
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
        return await configuration.unset(plugin, *keys, by=who())

    say_changed(with_configuration(plugin, config, data, folders, body), as_json)


@command.command("undo")
@config_options
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
            return await configuration.undo(plugin, by=who())
        return await configuration.restore(plugin, revision, by=who())

    say_changed(with_configuration(plugin, config, data, folders, body), as_json)


@command.command("history")
@more_listing_options
@config_options
def config_history(
    plugin: str, config: str | None, data: str | None, folders: tuple[str, ...], listing: Listing
) -> None:
    """Show what was changed, when and by whom; secrets are masked."""

    async def body(configuration: Any) -> Any:
        return await configuration.history(plugin)

    revisions = with_configuration(plugin, config, data, folders, body)
    listing.show(
        [
            {"revision": one.revision, "at_s": one.at_s, "who": one.who}
            | {"key": change.key, "old": change.old, "new": change.new}
            for one in revisions
            for change in one.changes
        ],
        {"REVISION": "revision", "WHEN": "at_s", "BY": "who", "KEY": "key", "OLD": "old", "NEW": "new"},
        units={"revision": "count"},
        whole=lambda rows: msgspec.to_builtins(
            [
                one
                for one in revisions
                if not listing.wanted or one.revision in {row["revision"] for row in rows}
            ]
        ),
        text=lambda row: (
            str(row["revision"]),
            _time(row["at_s"]),
            row["who"],
            row["key"],
            shown_value(row["old"]),
            shown_value(row["new"]),
        ),
    )


@command.command("validate")
@config_options
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
    changes = _changes(plugin, assignments, config, data, folders)

    async def body(configuration: Any) -> Any:
        faults = configuration.validate(plugin, changes)
        return await faults if inspect.isawaitable(faults) else faults, configuration.schema(plugin)

    faults, schema = with_configuration(plugin, config, data, folders, body)
    if faults:
        raise InvalidConfiguration(plugin, faults, remedy="mend each of them")
    if as_json:
        print_json({"valid": True})
    else:
        click.echo("it fits its schema" if schema.document else "it has no schema, so that anything fits")


def _time(at_s: float) -> str:
    return datetime.fromtimestamp(at_s).astimezone().strftime("%Y-%m-%d %H:%M:%S")
