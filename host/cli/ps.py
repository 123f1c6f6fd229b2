"""`plughost ps`: every plugin of a running host, one line each."""

import time
from collections.abc import Sequence

import click
import msgspec

from host.cli.attached import ask, host_options
from host.cli.chosen import by_filter
from host.cli.exit_codes import ExitCode
from host.cli.output import print_json, print_table
from host.facade.facade import Facade
from host.facade.figures import age, count, percent, ratio, size, took
from host.facade.rows import PluginRow

HEAD = ("PLUGIN", "VERSION", "STATE", "PID", "CPU%", "MEM", "CALLS", "P99", "ERR%", "RST", "UPTIME", "REASON")


@click.command("ps")
@click.option("--filter", "wanted", help="Such as `state:error,backoff cpu>20`.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("-q", "--quiet", is_flag=True, help="Ids only.")
@host_options
def command(wanted: str | None, as_json: bool, quiet: bool, data: str | None, socket: str | None) -> int:
    """List the plugins of the running host."""

    async def body(facade: Facade) -> list[PluginRow]:
        rows = await facade.plugins()
        return by_filter(rows, wanted, await facade.problems() if wanted else ())

    rows = ask(body, data=data, socket=socket, name="ps")
    if as_json:
        print_json([msgspec.to_builtins(row) for row in rows])
    elif quiet:
        click.echo("".join(f"{row.id}\n" for row in rows), nl=False)
    else:
        print_table(HEAD, [line_of(row, time.time()) for row in rows])
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
