"""`plughost config host`: the host's effective settings, and where each value came from."""

import click

from host.cli.hosting import settings_for
from host.cli.output import print_json, print_table
from host.settings import effective


@click.group("config")
def command() -> None:
    """Show settings."""


@command.command("host")
@click.option("--config", "config", type=click.Path(), help="Settings file; default ./plughost.toml.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def config_host(config: str | None, as_json: bool) -> None:
    """Show the host's effective settings and where each came from."""
    rows = effective(settings_for(config, {}))
    if as_json:
        print_json([{"name": name, "value": value, "origin": origin} for name, value, origin in rows])
    else:
        print_table(("SETTING", "VALUE", "FROM"), rows)
