"""Following: lines of a tail, those from before and those that come, for commands that show them."""

import sys
from collections.abc import AsyncGenerator, Callable
from typing import Any, Final

import anyio
import msgspec

from host.cli.attached import ask
from host.cli.chosen import by_ids, filter_error
from host.cli.exit_codes import ExitCode
from host.cli.output import print_json
from host.facade.facade import Facade
from host.facade.filter_fields import Subject
from host.facade.filters import Filter, FilterFault, parse_filter
from host.facade.tails import Batch, Source, Tail, TailQuery

BEFORE_S: Final = 0.5
"""Lines from before are there within this, or there are none."""

_SUBJECTS: Final[dict[Source, Subject]] = {"logs": "log", "events": "event", "rpc": "trace"}
_TAKES: Final[dict[Source, Callable[[Filter, Any], bool]]] = {
    "logs": Filter.log,
    "events": Filter.event,
    "rpc": Filter.trace,
}


def follow(
    query: TailQuery,
    say: Callable[[Any], None],
    *,
    name: str,
    on: bool,
    as_json: bool,
    data: str | None,
    socket: str | None,
    wanted: str | None = None,
) -> ExitCode:
    """Print the lines of a running host that the query and the filter `wanted` take, as the command `name`.

    Those from before, and with `on` those that come, until interrupted or the host ends.
    """
    try:
        takes = parse_filter(wanted or "", _SUBJECTS[query.source])
    except FilterFault as exc:
        raise filter_error(exc) from exc
    is_taken = _TAKES[query.source]

    async def body(facade: Facade) -> None:
        if query.plugins:
            by_ids(await facade.plugins(), query.plugins)
        async for line in _lines_of(facade, query, follow=on):
            if not is_taken(takes, line):
                continue
            if as_json:
                print_json(msgspec.to_builtins(line))
            else:
                say(line)

    ask(body, data=data, socket=socket, name=name)
    return ExitCode.OK


async def _lines_of(facade: Facade, query: TailQuery, *, follow: bool) -> AsyncGenerator[Any]:
    async with facade.tail(query) as tail:
        wait_s = BEFORE_S
        while (batch := await _next(tail, None if follow else wait_s)) is not None:
            wait_s = 0.05
            if batch.dropped:
                sys.stderr.write(f"{batch.dropped} lines were dropped here\n")
            for line in batch.lines:
                yield line


async def _next(tail: Tail, wait_s: float | None) -> Batch | None:
    with anyio.move_on_after(wait_s):
        try:
            return await anext(tail)
        except StopAsyncIteration:
            return None
    return None
