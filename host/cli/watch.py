"""`plughost watch`: one line for each change of a plugin's state, until interrupted."""

import sys

import click
import msgspec

from host.cli.attached import ask, host_options
from host.cli.chosen import by_ids
from host.cli.exit_codes import ExitCode
from host.cli.following import lines_of
from host.cli.output import print_json
from host.facade.facade import Facade
from host.facade.figures import clock
from host.facade.tails import TailQuery
from host.logs import clean


@click.command("watch")
@click.argument("plugins", metavar="[ID]...", nargs=-1)
@click.option("-n", "--last", default=0, type=click.IntRange(0, 2_000), help="Changes from before.")
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="Print JSON, a line for each.")
@host_options
def command(plugins: tuple[str, ...], last: int, as_json: bool, data: str | None, socket: str | None) -> int:
    """Print a line for each change of state, of all plugins or of those that are named."""

    async def body(facade: Facade) -> None:
        if plugins:
            by_ids(await facade.plugins(), plugins)
        query = TailQuery(source="events", plugins=plugins, last=last, kinds=("lifecycle",))
        async for line in lines_of(facade, query, follow=True):
            if as_json:
                print_json(msgspec.to_builtins(line))
                continue
            sys.stdout.write(f"{clock(line.at_s, millis=True)} {clean(line.plugin)}  {clean(line.text)}\n")
            sys.stdout.flush()

    ask(body, data=data, socket=socket, name="watch")
    return ExitCode.OK
