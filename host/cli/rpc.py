"""`plughost rpc`: the calls between a host and its plugins, as they happen."""

import sys

import click
import msgspec

from host.cli.attached import ask, host_options
from host.cli.chosen import by_ids, filter_error
from host.cli.exit_codes import ExitCode
from host.cli.following import lines_of
from host.cli.output import print_json
from host.facade.facade import Facade
from host.facade.figures import clock, size, took
from host.facade.filters import FilterFault, parse_filter
from host.facade.tails import TailQuery, TraceRow
from host.logs import clean


@click.group("rpc")
def command() -> None:
    """Look at the calls between a host and its plugins."""


@command.command("tail")
@click.argument("plugins", metavar="[ID]...", nargs=-1)
@click.option("--bodies", is_flag=True, help="With parameters and results, cut and masked.")
@click.option("--filter", "wanted", help="Such as `method:storage.* err:-32603 dur>1s`.")
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="Print JSON, a line for each.")
@host_options
def tail(
    plugins: tuple[str, ...],
    bodies: bool,
    wanted: str | None,
    as_json: bool,
    data: str | None,
    socket: str | None,
) -> int:
    """Follow the calls of all plugins, or of those that are named, until interrupted."""
    try:
        takes = parse_filter(wanted or "", "trace")
    except FilterFault as exc:
        raise filter_error(exc) from exc

    async def body(facade: Facade) -> None:
        if plugins:
            by_ids(await facade.plugins(), plugins)
        query = TailQuery(source="rpc", plugins=plugins, last=0, bodies=bodies)
        async for line in lines_of(facade, query, follow=True):
            if not takes.trace(line):
                continue
            if as_json:
                print_json(msgspec.to_builtins(line))
            else:
                _say(line)

    ask(body, data=data, socket=socket, name="rpc tail")
    return ExitCode.OK


def _say(row: TraceRow) -> None:
    arrow = "->" if row.direction == "in" else "<-"
    if row.ended_s is None:
        outcome = "under way"
    elif row.code:
        outcome = f"error {row.code} {clean(row.error)}"
    else:
        outcome = "ok"
    spent = took(None if row.ended_s is None else row.ended_s - row.at_s)
    sizes = f"{size(row.request_bytes)}/{size(row.response_bytes)}"
    items = f"  {row.items} items" if row.kind == "stream" else ""
    bodies = "".join(
        f"\n    {name} {clean(msgspec.json.encode(value).decode())}"
        for name, value in (("params", row.params), ("result", row.result))
        if value is not None
    )
    head = f"{clock(row.at_s, millis=True)} {row.plugin} {arrow} {row.method}"
    sys.stdout.write(f"{head}  {spent}  {sizes}  {outcome}{items}{bodies}\n")
    sys.stdout.flush()
