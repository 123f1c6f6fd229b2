"""`plughost ps`: every plugin of a running host, one line each."""

import time
from collections.abc import Sequence

import click
import msgspec

from host.cli.attached import ask, host_options
from host.cli.chosen import by_filter
from host.cli.exit_codes import ExitCode
from host.cli.output import print_json, table_lines
from host.facade.facade import Facade
from host.facade.figures import age, count, percent, ratio, size, took
from host.facade.rows import PluginRow

HEAD = ("PLUGIN", "VERSION", "STATE", "PID", "CPU%", "MEM", "CALLS", "P99", "ERR%", "RST", "UPTIME", "REASON")


@click.command("ps")
@click.option("--filter", "wanted", help="Such as `state:error,backoff cpu>20`.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--jsonl", "as_jsonl", is_flag=True, help="Print JSON, a line for each plugin.")
@click.option("-q", "--quiet", is_flag=True, help="Ids only.")
@click.option("-w", "--watch", "on", is_flag=True, help="Show them again and again, until interrupted.")
@click.option(
    "--every", "every_s", default=1.0, type=click.FloatRange(0.1, 10), help="Seconds between; default 1."
)
@host_options
def command(
    wanted: str | None,
    as_json: bool,
    as_jsonl: bool,
    quiet: bool,
    on: bool,
    every_s: float,
    data: str | None,
    socket: str | None,
) -> int:
    """List the plugins of the running host. With --watch, in place on a terminal; elsewhere each picture that
    is different, as a table, or as one line with --json.
    """

    def say(rows: Sequence[PluginRow]) -> None:
        if as_jsonl:
            for row in rows:
                print_json(msgspec.to_builtins(row))
        elif as_json:
            print_json([msgspec.to_builtins(row) for row in rows])
        else:
            click.echo("".join(f"{line.rstrip()}\n" for line in lines(rows)), nl=on)

    def lines(rows: Sequence[PluginRow]) -> Sequence[str]:
        if quiet:
            return [row.id for row in rows]
        return table_lines(HEAD, [line_of(row, time.time()) for row in rows])

    if on:
        from host.cli.ps_watch import watch

        drawn = None if as_json or as_jsonl else lines
        return watch(say, drawn, every_s=every_s, wanted=wanted, data=data, socket=socket)

    async def body(facade: Facade) -> list[PluginRow]:
        rows = await facade.plugins()
        return by_filter(rows, wanted, await facade.problems() if wanted else ())

    say(ask(body, data=data, socket=socket, name="ps"))
    return ExitCode.OK


def line_of(row: PluginRow, now_s: float) -> Sequence[str]:
    """Return a plugin's cells."""
    up = None if row.started_at_s is None else now_s - row.started_at_s
    retry = f"in {age(row.retry_at_s - now_s)}" if row.retry_at_s is not None else ""
    return (
        row.id,
        row.version,
        row.state,
        "-" if row.pid is None else str(row.pid),
        percent(row.cpu_cores),
        size(row.memory_bytes),
        count(row.calls),
        took(row.p99_s),
        ratio(row.errors_pct),
        str(row.restarts),
        retry or age(up),
        row.reason or ("; ".join(row.manifest_faults)[:200] if row.manifest_faults else ""),
    )
