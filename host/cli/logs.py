"""`plughost logs`: what plugins log, from before and as it comes."""

import sys

import click
import msgspec

from host.cli.attached import ask, host_options
from host.cli.chosen import by_ids, filter_error
from host.cli.exit_codes import ExitCode
from host.cli.following import lines_of
from host.cli.output import print_json
from host.facade.facade import Facade
from host.facade.figures import clock
from host.facade.filters import FilterFault, parse_filter
from host.facade.tails import LogRow, TailQuery
from host.logs import clean

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
_NAMES = {number: name.upper() for name, number in LEVELS.items()}


@click.command("logs")
@click.argument("plugins", metavar="[ID]...", nargs=-1)
@click.option("-f", "--follow", is_flag=True, help="Go on as lines come.")
@click.option("-n", "--last", default=100, type=click.IntRange(0, 2_000), help="Lines from before.")
@click.option("--level", type=click.Choice([*LEVELS]), default="debug", help="From this level on.")
@click.option("--filter", "wanted", help="Such as `lvl>=warn /timeout/`.")
@click.option("--json", "--jsonl", "as_json", is_flag=True, help="Print JSON, a line for each.")
@host_options
def command(
    plugins: tuple[str, ...],
    follow: bool,
    last: int,
    level: str,
    wanted: str | None,
    as_json: bool,
    data: str | None,
    socket: str | None,
) -> int:
    """Show the log of all plugins, or of those that are named."""
    try:
        takes = parse_filter(wanted or "", "log")
    except FilterFault as exc:
        raise filter_error(exc) from exc

    async def body(facade: Facade) -> None:
        if plugins:
            by_ids(await facade.plugins(), plugins)
        query = TailQuery(source="logs", plugins=plugins, last=last, level=LEVELS[level])
        async for line in lines_of(facade, query, follow=follow):
            if not takes.log(line):
                continue
            if as_json:
                print_json(msgspec.to_builtins(line))
            else:
                _say(line)

    ask(body, data=data, socket=socket, name="logs")
    return ExitCode.OK


def _say(line: LogRow) -> None:
    head = f"{clock(line.at_s, millis=True)} {_NAMES.get(line.level, str(line.level)):<8} {line.plugin}  "
    text = "\n    | ".join(clean(part) for part in line.text.split("\n"))
    fields = "".join(f"  {clean(str(key))}={_value(value)}" for key, value in line.fields.items())
    sys.stdout.write(f"{head}{text}{fields}\n")
    sys.stdout.flush()


def _value(value: object) -> str:
    text = clean(value if isinstance(value, str) else msgspec.json.encode(value).decode())
    return f'"{text}"' if " " in text or not text else text
