"""`plughost logs`: what plugins log, from before and as it comes."""

import sys

import click
import msgspec

from host.cli.attached import host_options
from host.cli.following import follow
from host.facade.figures import clock
from host.facade.tails import LogRow, TailQuery
from host.logs import clean

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_NAMES = {number: name.upper() for name, number in LEVELS.items()}


@click.command("logs")
@click.argument("plugins", metavar="[ID]...", nargs=-1)
@click.option("-f", "--follow", "on", is_flag=True, help="Go on as lines come.")
@click.option("-n", "--last", default=100, type=click.IntRange(0, 2_000), help="Lines from before.")
@click.option("--level", type=click.Choice([*LEVELS]), default="debug", help="From this level on.")
@click.option("--filter", "wanted", help="Such as `lvl>=warn /timeout/`.")
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="Print JSON, a line for each.")
@host_options
def command(
    plugins: tuple[str, ...],
    on: bool,
    last: int,
    level: str,
    wanted: str | None,
    as_json: bool,
    data: str | None,
    socket: str | None,
) -> int:
    """Show the log of all plugins, or of those that are named."""
    query = TailQuery(source="logs", plugins=plugins, last=last, level=LEVELS[level])
    return follow(query, _say, name="logs", on=on, as_json=as_json, data=data, socket=socket, wanted=wanted)


def _say(line: LogRow) -> None:
    head = f"{clock(line.at_s, millis=True)} {_NAMES.get(line.level, str(line.level)):<8} {line.plugin}  "
    text = "\n    | ".join(clean(part) for part in line.text.split("\n"))
    fields = "".join(f"  {clean(str(key))}={_value(value)}" for key, value in line.fields.items())
    sys.stdout.write(f"{head}{text}{fields}\n")
    sys.stdout.flush()


def _value(value: object) -> str:
    text = clean(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    return f'"{text}"' if " " in text or not text else text
