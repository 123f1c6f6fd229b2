"""`plughost commands`: list what plugins offer to be invoked by name, and run one of it."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import click
import msgspec

from host.cli.asking import beside, may_ask
from host.cli.attached import ask, host_options
from host.cli.config_values import asked_of, page_of
from host.cli.hosting import run_own_host, settings_for, start_logging
from host.cli.listing import Listing, listing_options
from host.cli.output import print_json, print_value
from host.cli.values import read_object
from host.errors import LoadFailed, LoadRefused, NoAnswer, NoHost
from host.facade.facade import Facade
from host.facade.pages import CommandRow
from host.logs import clean
from host.plugin_host import PluginHost
from protocol.messages.commands import CommandInfo

_T = TypeVar("_T")


@click.group("commands", invoke_without_command=True)
@click.option(
    "--dir", "folders", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option("--plugin", help="That plugin's commands alone.")
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@listing_options
@host_options
@click.pass_context
def command(
    context: click.Context,
    folders: tuple[Path, ...],
    plugin: str | None,
    config: str | None,
    listing: Listing,
    data: str | None,
    socket: str | None,
) -> int:
    """List the commands of the running host's plugins, or of those in --dir; `run NAME` runs one.

    Plugins in --dir are started for it, and stopped afterwards; with --data on this data folder, else on
    one that goes away with them.
    """
    context.obj = (folders, plugin, config, listing.is_for_programs, data, socket)
    if context.invoked_subcommand is not None:
        return 0
    if not folders:
        _list(_ask(lambda facade: facade.commands(plugin), data, socket), listing)
        return 0

    async def body(host: PluginHost) -> int:
        await _load(host, plugin)
        _list(host.commands.list(plugin), listing)
        return 0

    return _run(context, body)


@command.command("run")
@click.argument("name", metavar="NAME")
@click.argument("words", nargs=-1, metavar="[KEY=VALUE... | JSON | - | @FILE]")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, 86_400), help="Seconds; default 60.")
@click.option("--json", "as_json", is_flag=True, help="Print compact JSON.")
@host_options
@click.pass_context
def run(
    context: click.Context,
    name: str,
    words: tuple[str, ...],
    timeout_s: float | None,
    as_json: bool,
    data: str | None,
    socket: str | None,
) -> int:
    """Run the command NAME, or PLUGIN:NAME. Parameters are words KEY=VALUE, read as the command says
    that they are, or one JSON object. What must be given and is not is asked for at a terminal.
    """
    folders, plugin, _, json_asked, *above = context.obj
    if data is None and socket is None:
        data, socket = above
    owner = name.rpartition(":")[0] or plugin
    show = print_json if as_json or json_asked else print_value

    async def attached(facade: Facade) -> None:
        bare = name.rpartition(":")[2]
        schemas = [one.params for one in await facade.commands(owner) if one.name == bare]
        schema = schemas[0] if schemas else {}
        params = await beside(lambda: _filled(read_words(words, schema), schema))
        show((await facade.command_run(name, params, plugin, timeout_s)).value)

    if not folders:
        _ask(attached, data, socket)
        return 0

    async def body(host: PluginHost) -> int:
        await _load(host, owner)
        found = host.commands.find(name, plugin)
        params = await beside(lambda: _filled(read_words(words, found.params), found.params))
        show(await host.command(name, params, plugin=plugin, timeout_s=timeout_s))
        return 0

    return _run(context, body)


def _ask(body: Callable[[Facade], Awaitable[_T]], data: str | None, socket: str | None) -> _T:
    try:
        return ask(body, data=data, socket=socket, name="commands")
    except NoAnswer:
        raise
    except NoHost as exc:
        exc.remedy = "start one with `plughost run DIR`, or name the plugin's folder: --dir DIR"
        raise


def _list(found: Sequence[CommandInfo | CommandRow], listing: Listing) -> None:
    listing.show(
        [msgspec.to_builtins(one) for one in found],
        {"COMMAND": "name", "PLUGIN": "plugin", "PARAMETERS": "params", "DESCRIPTION": "description"},
        text=lambda row: (row["name"], row["plugin"], _parameters_of(row["params"]), row["description"]),
    )


def read_words(words: tuple[str, ...], schema: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters that the words of a command line stand for.

    Raises:
        click.UsageError: A word is none, or not what the schema says.
    """
    if len(words) == 1 and (words[0] == "-" or words[0][:1] in ("{", "@")):
        return read_object(words[0])
    properties = cast("dict[str, dict[str, Any]]", schema.get("properties", {}))
    params: dict[str, Any] = {}
    for word in words:
        key, sign, text = word.partition("=")
        if not sign or not key:
            raise click.UsageError(f"{word}: must be KEY=VALUE, or all parameters as one JSON object")
        if key in params:
            raise click.UsageError(f"{key}: given twice")
        params[key] = _value(key, text, properties.get(key, {}))
    return params


def _filled(params: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with those that must be given and are not, asked for where somebody is there."""
    required = cast("list[str]", schema.get("required", []))
    lacking = [key for key in required if key not in params]
    if not lacking or not may_ask():
        return params
    return params | asked_of(page_of("", schema), lacking, needed=True)


def _value(key: str, text: str, schema: dict[str, Any]) -> Any:
    choices = schema.get("anyOf") or [schema]
    kinds = [kind for choice in choices for kind in _kinds(choice)]
    try:
        value: Any = msgspec.json.decode(text)
    except msgspec.DecodeError:
        if kinds and "string" not in kinds:
            raise click.UsageError(f"{key}: found {text!r}; allowed: {' or '.join(kinds)}") from None
        return text
    if not kinds:
        return value
    return value if _kind_of(value) in kinds or "string" not in kinds else text


def _kinds(schema: dict[str, Any]) -> list[str]:
    kind: Any = schema.get("type")
    if isinstance(kind, str):
        return ["integer", "number"] if kind == "number" else [kind]
    return [str(one) for one in cast("list[Any]", kind)] if isinstance(kind, list) else []


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int():
            return "integer"
        case float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
        case _:
            return "object"


def _parameters_of(params: dict[str, Any]) -> str:
    properties = cast("dict[str, dict[str, Any]]", params.get("properties", {}))
    required = cast("list[str]", params.get("required", []))
    return " ".join(clean(name) if name in required else f"[{clean(name)}]" for name in properties)


async def _load(host: PluginHost, plugin: str | None) -> None:
    """Load one plugin, or all; what does not start is told and left out."""
    if plugin is not None:
        try:
            await host.load(plugin)
        except LoadRefused:
            raise
        except LoadFailed as exc:
            exc.remedy = "mend what it says; `plughost run` would try again by itself"
            raise
        return
    for failed, error in (await host.load_all()).items():
        click.echo(f"{failed}: {clean(error.message)}", err=True)


def _run(context: click.Context, body: Any) -> int:
    folders, _, config, _, data, socket = context.obj
    settings = settings_for(config, {"plugins": [str(folder.resolve()) for folder in folders], "data": data})
    start_logging(settings, quiet=True)
    # A plugin that does not start becomes this command's own line; the host's would say it twice.
    logging.getLogger("host.supervision").setLevel(logging.CRITICAL)
    return run_own_host(settings, body, data=data, socket=socket)
