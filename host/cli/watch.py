"""`plughost watch`: one line for each change of a plugin's state, until interrupted."""

import sys

import click

from host.cli.attached import host_options
from host.cli.following import follow
from host.facade.figures import clock
from host.facade.tails import EventRow, TailQuery
from host.logs import clean


@click.command("watch")
@click.argument("plugins", metavar="[ID]...", nargs=-1)
@click.option("-n", "--last", default=0, type=click.IntRange(0, 2_000), help="Changes from before.")
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="Print JSON, a line for each.")
@host_options
def command(plugins: tuple[str, ...], last: int, as_json: bool, data: str | None, socket: str | None) -> int:
    """Print a line for each change of state, of all plugins or of those that are named."""
    query = TailQuery(source="events", plugins=plugins, last=last, kinds=("lifecycle",))
    return follow(query, _say, name="watch", on=True, as_json=as_json, data=data, socket=socket)


def _say(line: EventRow) -> None:
    sys.stdout.write(f"{clock(line.at_s, millis=True)} {clean(line.plugin)}  {clean(line.text)}\n")
    sys.stdout.flush()
