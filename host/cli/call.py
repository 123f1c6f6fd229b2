"""`plughost call`: start a plugin, call one method, print the result, stop."""

import logging
import sys
from pathlib import Path
from typing import Any, cast

import click
import msgspec

from host.cli.hosting import build_host, run_host, settings_for, start_logging
from host.cli.output import print_json, print_value
from host.errors import LoadFailed, LoadRefused, NoHost, WrongShape
from host.plugin_host import PluginHost


@click.command("call")
@click.argument("plugin", metavar="ID")
@click.argument("method", metavar="METHOD")
@click.argument("params", metavar="[JSON|-|@FILE]", default="{}")
@click.option(
    "--dir", "folders", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path)
)
@click.option(
    "--timeout", "timeout_s", type=click.FloatRange(0, 86_400), help="Seconds; default 5, a stream 600."
)
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--json", "as_json", is_flag=True, help="Print compact JSON.")
def command(
    plugin: str,
    method: str,
    params: str,
    folders: tuple[Path, ...],
    timeout_s: float | None,
    config: str | None,
    as_json: bool,
) -> int:
    """Call METHOD of the plugin ID, found in --dir. Parameters are a JSON object: given here, `-` for stdin,
    or `@FILE`. A stream prints one item a line.
    """
    arguments = read_parameters(params)
    if not folders:
        raise NoHost(
            "a call without --dir goes to a live host, and this release has no way to reach one",
            remedy="name the plugin's folder: plughost call --dir DIR ID METHOD JSON",
        )
    settings = settings_for(config, {"plugins": [str(folder.resolve()) for folder in folders]})
    start_logging(settings, quiet=True)
    show = print_json if as_json else print_value

    # A broken manifest becomes this command's own error; the host's line about it would say it twice.
    logging.getLogger("host.supervision.roster").setLevel(logging.CRITICAL)

    async def body(host: PluginHost) -> int:
        try:
            await host.load(plugin)
        except LoadRefused:
            raise
        except LoadFailed as exc:
            exc.remedy = "mend what it says; `plughost run` would try again by itself"
            raise
        try:
            show(await host.call(plugin, method, arguments, timeout_s=timeout_s))
        except WrongShape:
            async for item in host.stream(plugin, method, arguments, timeout_s=timeout_s):
                show(item)
        return 0

    return run_host(build_host(settings, temporary=True), body)


def read_parameters(text: str) -> dict[str, Any]:
    """Return parameters given as JSON, as `-` for stdin, or as `@FILE`. Raises UsageError for others."""
    source = "the parameters"
    if text == "-":
        text, source = sys.stdin.read(), "stdin"
    elif text.startswith("@"):
        source = text[1:]
        try:
            text = Path(source).read_text()
        except (OSError, UnicodeDecodeError) as exc:
            raise click.UsageError(f"{source} can't be read: {exc}") from exc
    try:
        value: Any = msgspec.json.decode(text)
    except msgspec.DecodeError as exc:
        raise click.UsageError(f"{source}: not JSON: {exc}") from exc
    if not isinstance(value, dict):
        raise click.UsageError(f'{source}: must be a JSON object such as {{"name": "Ada"}}')
    return cast("dict[str, Any]", value)
