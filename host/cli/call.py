"""`plughost call`: call one method of a plugin: of a running host, or started for it and stopped again."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from host.cli.attached import ask, host_options
from host.cli.hosting import run_own_host, settings_for, start_logging
from host.cli.output import print_json, print_value
from host.cli.values import read_object
from host.errors import LoadFailed, LoadRefused, NoAnswer, NoHost, WrongShape
from host.facade.facade import Facade
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
@host_options
def command(
    plugin: str,
    method: str,
    params: str,
    folders: tuple[Path, ...],
    timeout_s: float | None,
    config: str | None,
    as_json: bool,
    data: str | None,
    socket: str | None,
) -> int:
    """Call METHOD of the plugin ID: of the running host, or with --dir of a plugin started for it.

    With --data that host is on this data folder, so that what is configured, permitted and kept there counts;
    without, it keeps nothing.

    Parameters are a JSON object: given here, `-` for stdin, or `@FILE`. A stream prints one item a line.
    """
    arguments = read_object(params)
    show = print_json if as_json else print_value
    if not folders:
        return _of_running_host(plugin, method, arguments, timeout_s, show, data=data, socket=socket)
    settings = settings_for(config, {"plugins": [str(folder.resolve()) for folder in folders], "data": data})
    start_logging(settings, quiet=True)

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

    return run_own_host(settings, body, data=data, socket=socket)


def _of_running_host(
    plugin: str,
    method: str,
    params: dict[str, Any],
    timeout_s: float | None,
    show: Callable[[Any], None],
    *,
    data: str | None,
    socket: str | None,
) -> int:
    async def body(facade: Facade) -> None:
        try:
            show((await facade.call(plugin, method, params, timeout_s)).value)
        except WrongShape:
            async for item in facade.stream(plugin, method, params, timeout_s):
                show(item)

    try:
        ask(body, data=data, socket=socket, name="call")
    except NoAnswer:
        raise
    except NoHost as exc:
        exc.remedy = "start one with `plughost run DIR`, or have a plugin started for the call: --dir DIR"
        raise
    return 0
