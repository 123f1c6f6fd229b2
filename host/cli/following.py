"""Following: lines of a tail, those from before and those that come, for commands that show them."""

import sys
from collections import deque
from collections.abc import AsyncGenerator, Callable, Sequence
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

MAX_LAST: Final = 2_000
"""Lines from before that are looked through for those that a filter takes."""

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
        # A filter's last lines are known once all from before were seen; without one they come as they are.
        waits = bool(takes) and query.last > 0
        asked = msgspec.structs.replace(query, last=MAX_LAST) if waits else query
        early = deque[Any](maxlen=query.last)
        async for line, before in _lines_of(facade, asked, follow=on):
            if line is None:
                show_all(early)
            elif is_taken(takes, line):
                if before and waits:
                    early.append(line)
                else:
                    show(line)
        show_all(early)

    def show_all(lines: "deque[Any]") -> None:
        while lines:
            show(lines.popleft())

    def show(line: Any) -> None:
        if as_json:
            print_json(msgspec.to_builtins(line))
        else:
            say(line)

    ask(body, data=data, socket=socket, name=name)
    return ExitCode.OK


async def _lines_of(facade: Facade, query: TailQuery, *, follow: bool) -> AsyncGenerator[tuple[Any, bool]]:
    """Yield lines, each with whether it is from before; None once there are no more of those."""
    async with facade.tail(query) as tail:
        wait_s, until_s = BEFORE_S, anyio.current_time() + 2 * BEFORE_S
        # Where lines come without end, those from before are there by then.
        while anyio.current_time() < until_s and (batch := await _next(tail, wait_s)) is not None:
            wait_s = 0.05
            for line in _told(batch):
                yield line, True
        yield None, False
        if follow:
            while (batch := await _next(tail, None)) is not None:
                for line in _told(batch):
                    yield line, False


def _told(batch: Batch) -> Sequence[Any]:
    """Return a batch's lines; say how many are missing before them."""
    if batch.dropped:
        sys.stderr.write(f"{batch.dropped} lines were dropped here\n")
    return batch.lines


async def _next(tail: Tail, wait_s: float | None) -> Batch | None:
    with anyio.move_on_after(wait_s):
        try:
            return await anext(tail)
        except StopAsyncIteration:
            return None
    return None
