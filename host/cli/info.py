"""`plughost info`: all that a running host knows of one plugin."""

import click
import msgspec

from host.cli.attached import ask, host_options
from host.cli.exit_codes import ExitCode
from host.cli.output import print_json, print_table
from host.facade.figures import UNKNOWN, age, day, size, took
from host.facade.plugin_pages import PluginPage
from host.logs import clean


@click.command("info")
@click.argument("plugin", metavar="ID")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@host_options
def command(plugin: str, as_json: bool, data: str | None, socket: str | None) -> int:
    """Show all that is known of the plugin ID."""
    page = ask(lambda facade: facade.plugin(plugin), data=data, socket=socket, name="info")
    if as_json:
        print_json(msgspec.to_builtins(page))
    else:
        print_table(("WHAT", "IS"), [(name, text) for name, text in _lines(page) if text])
    return ExitCode.OK


def _lines(page: PluginPage) -> list[tuple[str, str]]:
    row = page.row
    limits = f"{row.cpu_limit_cores:g} cores, {size(row.memory_limit_bytes)}"
    memory = UNKNOWN if row.memory_bytes is None else f"{size(row.memory_bytes)} {row.memory_basis}"
    lines = [
        ("id", row.id),
        ("name", row.name),
        ("version", row.version),
        ("type", row.type),
        ("folder", page.folder),
        ("manifest", page.manifest_file),
        ("state", f"{row.state}: {row.reason}" if row.reason else row.state),
        ("enabled", "yes" if row.enabled else "no"),
        ("wanted", row.wanted or ""),
        ("pid", "" if row.pid is None else str(row.pid)),
        ("since", "" if row.started_at_s is None else day(row.started_at_s)),
        ("restarts", f"{row.restarts} in 10 minutes"),
        ("limits", limits),
        ("memory", memory),
        ("calls", f"{row.calls}, {row.errors} failed, p50 {took(row.p50_s)}, p99 {took(row.p99_s)}"),
        ("start", ", ".join(f"{name} {took(seconds)}" for name, seconds in page.timings.items())),
        ("can", clean(", ".join(page.manifest.get("capabilities", ())))),
        ("depends on", ", ".join(page.depends_on)),
        ("needed by", ", ".join(page.dependants)),
        ("subscribes to", ", ".join(page.subscriptions)),
        ("hooks", ", ".join(page.hooks)),
        ("waits for consent", ", ".join(row.waiting_permissions)),
    ]
    if page.last_exit is not None:
        end = page.last_exit
        lines.append(("last end", f"{end.cause} after {age(end.uptime_s)}: {end.detail}"))
    lines += [(one.name, ("yes: " if one.enforced else "NOT ENFORCED: ") + one.detail) for one in page.bounds]
    lines += [("manifest fault", fault) for fault in row.manifest_faults]
    return lines
