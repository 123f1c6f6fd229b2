"""`plughost version`: the versions of release, protocol and control socket."""

import sys

import click

from host.cli.exit_codes import ExitCode
from host.cli.output import print_json
from host.control.wire import CONTROL_VERSION
from protocol.version import PROTOCOL_VERSIONS, RELEASE


@click.command("version")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def command(as_json: bool) -> int:
    """Print the versions of this release and of what it speaks."""
    versions = {
        "plughost": RELEASE,
        "protocol": [*PROTOCOL_VERSIONS],
        "control": CONTROL_VERSION,
        "python": ".".join(map(str, sys.version_info[:3])),
    }
    if as_json:
        print_json(versions)
    else:
        click.echo("".join(f"{name} {value}\n" for name, value in versions.items()), nl=False)
    return ExitCode.OK
