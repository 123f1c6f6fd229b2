"""`plughost health`, `status`, `host`, `problems`: what a host, or a plugin, says of itself."""

import sys
from typing import Any

import click
import msgspec

from host.cli.attached import ask, host_options
from host.cli.exit_codes import ExitCode
from host.cli.listing import Listing, listing_options
from host.cli.output import print_json, print_table
from host.facade.figures import age, day, size
from host.facade.pages import AnswerPage
from host.facade.rows import ProblemRow
from host.logs import clean


@click.command("health")
@click.argument("plugin", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@host_options
def health(plugin: str, as_json: bool, data: str | None, socket: str | None) -> int:
    """Ask the plugin ID how it is; the exit code is 1 unless it is healthy."""
    page = ask(lambda facade: facade.plugin_health(plugin), data=data, socket=socket, name="health")
    _show(page, as_json)
    return ExitCode.OK if page.status == "healthy" else ExitCode.PLUGIN_ERROR


@click.command("status")
@click.argument("plugin", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@host_options
def status(plugin: str, as_json: bool, data: str | None, socket: str | None) -> int:
    """Ask the plugin ID what it does."""
    _show(ask(lambda facade: facade.plugin_status(plugin), data=data, socket=socket, name="status"), as_json)
    return ExitCode.OK


@click.command("host")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@host_options
def host(as_json: bool, data: str | None, socket: str | None) -> int:
    """Show what is known of the running host."""
    page = ask(lambda facade: facade.host(), data=data, socket=socket, name="host")
    if as_json:
        print_json(msgspec.to_builtins(page))
        return ExitCode.OK
    rows = [
        ("name", f"{page.name} {page.app_version}".strip()),
        ("plughost", page.version),
        ("python", f"{page.python}, {page.loop}"),
        ("platform", page.platform),
        ("pid", str(page.pid)),
        ("user", page.user),
        ("since", day(page.started_at_s)),
        ("data", page.data_folder),
        ("plugins", ", ".join(page.plugin_folders)),
        ("socket", page.socket),
        ("warden", page.warden),
        ("polling", "on" if page.polling else "off"),
        *(("database", f"{one.name} {size(one.bytes)}") for one in page.databases),
        *(("client", f"{one.name}, pid {one.pid}, since {day(one.since_s)}") for one in page.clients),
        *(("events", f"{name} {count}") for name, count in page.event_statistics.items()),
    ]
    print_table(("WHAT", "IS"), rows)
    return ExitCode.OK


@click.command("problems")
@listing_options
@host_options
def problems(listing: Listing, data: str | None, socket: str | None) -> int:
    """List what somebody should look at, the worst first; the exit code is 1 if one is an error."""
    known = ask(lambda facade: facade.problems(), data=data, socket=socket, name="problems")
    found = listing.chosen(
        [msgspec.to_builtins(row) for row in known], ProblemRow.__struct_fields__, {"count": "count"}
    )
    rows = msgspec.convert(found, list[ProblemRow])
    if listing.as_jsonl:
        for one in found:
            print_json(one)
    elif listing.as_json:
        print_json(found)
    for row in () if listing.is_for_programs else rows:
        known = ", acknowledged" if row.acknowledged else ""
        lasts = age(row.last_s - row.since_s)
        sys.stdout.write(f"{row.severity.upper()} {clean(row.plugin) or 'the host'}: {clean(row.title)}")
        sys.stdout.write(f" [{row.id}, for {lasts}{known}]\n")
        sys.stdout.write("".join(f"  {clean(line)}\n" for line in row.evidence))
        sys.stdout.write(f"  what to do: {clean(row.remedy)}\n")
    return ExitCode.PLUGIN_ERROR if any(row.severity == "error" for row in rows) else ExitCode.OK


def _show(page: AnswerPage, as_json: bool) -> None:
    if as_json:
        print_json(msgspec.to_builtins(page))
        return
    reason = f": {clean(page.reason)}" if page.reason else ""
    sys.stdout.write(f"{clean(page.plugin)}: {clean(page.status)}{reason}\n")
    if page.data:
        print_table(("WHAT", "IS"), [(key, _text(value)) for key, value in page.data.items()])


def _text(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
