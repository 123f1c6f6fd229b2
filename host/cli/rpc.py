"""`plughost rpc`: the calls between a host and its plugins, as they happen."""

import sys

import click
import msgspec

from host.cli.attached import host_options
from host.cli.following import follow
from host.cli.verb_first import VerbFirst
from host.facade.figures import clock, size, took
from host.facade.tails import TailQuery, TraceRow
from host.logs import clean


class _Rpc(VerbFirst):
    MEANT = "tail"


@click.group("rpc", cls=_Rpc)
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
    query = TailQuery(source="rpc", plugins=plugins, last=0, bodies=bodies)
    return follow(
        query, _say, name="rpc tail", on=True, as_json=as_json, data=data, socket=socket, wanted=wanted
    )


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
