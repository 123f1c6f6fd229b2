"""`plughost stream`: opens a stream of a plugin of a running host, and prints its items."""

import click

from host.cli.attached import ask, host_options
from host.cli.exit_codes import ExitCode
from host.cli.output import print_json, print_value
from host.cli.values import read_object
from host.facade.facade import Facade


@click.command("stream")
@click.argument("plugin", metavar="ID")
@click.argument("method", metavar="METHOD")
@click.argument("params", metavar="[JSON|-|@FILE]", default="{}")
@click.option("--timeout", "timeout_s", type=click.FloatRange(0, 86_400), help="Seconds; default 600.")
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="Print JSON, a line for each item.")
@host_options
def command(
    plugin: str,
    method: str,
    params: str,
    timeout_s: float | None,
    as_json: bool,
    data: str | None,
    socket: str | None,
) -> int:
    """Print the items of a stream of the plugin ID as they come."""
    given = read_object(params)

    async def body(facade: Facade) -> None:
        async for item in facade.stream(plugin, method, given, timeout_s):
            (print_json if as_json else print_value)(item)

    ask(body, data=data, socket=socket, name="stream")
    return ExitCode.OK
