"""`plughost events`: what happens in a host; and the events of plugins: emit, lag, dead letters, redrive."""

import sys
from typing import Any

import click
import msgspec

from host.cli.attached import ask, host_options
from host.cli.exit_codes import ExitCode
from host.cli.following import follow
from host.cli.listing import Listing, listing_options
from host.cli.values import read_value
from host.facade.facade import Facade
from host.facade.figures import clock, day
from host.facade.pages import DeadLetterRow, LagRow
from host.facade.tails import EventRow, TailQuery
from host.logs import clean

_MARKS = {"info": " ", "warning": "!", "error": "E"}


@click.group("events", invoke_without_command=True)
@click.option("-f", "--follow", "on", is_flag=True, help="Go on as they come.")
@click.option("-n", "--last", default=100, type=click.IntRange(0, 2_000), help="Events from before.")
@click.option("--plugin", "plugins", multiple=True, metavar="ID", help="Only those of this plugin.")
@click.option("--topic", default="**", help="Pattern of topics, such as `plughost.plugin.*`.")
@click.option("--filter", "wanted", help="Such as `kind:audit,security`.")
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="Print JSON, a line for each.")
@host_options
@click.pass_context
def command(
    ctx: click.Context,
    on: bool,
    last: int,
    plugins: tuple[str, ...],
    topic: str,
    wanted: str | None,
    as_json: bool,
    data: str | None,
    socket: str | None,
) -> int:
    """Show what happens: lifecycle, configuration, security, plugins' events, the audit."""
    if ctx.invoked_subcommand is not None:
        return ExitCode.OK
    query = TailQuery(source="events", plugins=plugins, last=last, topic=topic)
    return follow(query, _say, name="events", on=on, as_json=as_json, data=data, socket=socket, wanted=wanted)


@command.command("emit")
@click.argument("topic")
@click.argument("value", metavar="[JSON|-|@FILE]", default="null")
@host_options
def emit(topic: str, value: str, data: str | None, socket: str | None) -> int:
    """Emit an event as the host."""
    given = read_value(value)
    ask(lambda facade: facade.event_emit(topic, given), data=data, socket=socket, name="events emit")
    return ExitCode.OK


@command.command("lag")
@click.argument("plugin", metavar="[ID]", required=False)
@listing_options
@host_options
def lag(plugin: str | None, listing: Listing, data: str | None, socket: str | None) -> int:
    """Show how far subscribers are behind."""
    rows = ask(lambda facade: facade.event_lag(plugin), data=data, socket=socket, name="events lag")
    listing.show(
        [msgspec.to_builtins(row) for row in rows],
        {
            "PLUGIN": "plugin",
            "SUBSCRIPTION": "subscription",
            "DURABLE": "durable",
            "WAITING": "waiting",
            "DELIVERED": "delivered",
            "DROPPED": "dropped",
        },
        units={"waiting": "count", "delivered": "count", "dropped": "count"},
        fields=LagRow.__struct_fields__,
        text=lambda row: (
            row["plugin"] or "(the application)",
            row["subscription"],
            "yes" if row["durable"] else "",
            str(row["waiting"]),
            str(row["delivered"]),
            str(row["dropped"]),
        ),
    )
    return ExitCode.OK


@command.command("dead")
@click.argument("plugin", metavar="[ID]", required=False)
@listing_options
@host_options
def dead(plugin: str | None, listing: Listing, data: str | None, socket: str | None) -> int:
    """List events that could not be handled."""
    rows = ask(lambda facade: facade.dead_letters(plugin), data=data, socket=socket, name="events dead")
    listing.show(
        [msgspec.to_builtins(row) for row in rows],
        {
            "ID": "id",
            "PLUGIN": "plugin",
            "SUBSCRIPTION": "subscription",
            "TOPIC": "topic",
            "EMITTED": "time_s",
            "ERROR": "error",
        },
        units={"id": "count", "seq": "count"},
        fields=DeadLetterRow.__struct_fields__,
        text=lambda row: (
            str(row["id"]),
            row["plugin"],
            row["subscription"],
            row["topic"],
            day(row["time_s"]),
            row["error"],
        ),
    )
    return ExitCode.OK


@command.command("redrive")
@click.argument("plugin", metavar="ID")
@click.argument("ids", metavar="[NUMBER]...", nargs=-1, type=int)
@host_options
def redrive(plugin: str, ids: tuple[int, ...], data: str | None, socket: str | None) -> int:
    """Have dead letters of plugin ID tried once more: all, or those with these numbers."""

    async def body(facade: Facade) -> Any:
        return await facade.event_redrive(plugin, ids or None)

    count = ask(body, data=data, socket=socket, name="events redrive")
    sys.stdout.write(f"{count} events are tried again\n")
    return ExitCode.OK


def _say(line: EventRow) -> None:
    by = f"  by {clean(line.by)}" if line.by else ""
    mark = _MARKS[line.severity]
    plugin = line.plugin or "-"
    topic = f"{line.topic}  " if line.kind in ("plugin", "application") else ""
    head = f"{clock(line.at_s, millis=True)} {mark} {line.kind:<13} {plugin}"
    sys.stdout.write(f"{head}  {clean(topic)}{clean(line.text)}{by}\n")
    sys.stdout.flush()
