"""LiveLog: what a plugin logs on a host in another process, told to a test before it hears of what it asked.

A plugin's log line is on the wire before the answer of the call that wrote it, so once the answer is here the
host has the line; it only has to be fetched.
"""

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio

from host.base_error import PlughostError
from host.facade.facade import Facade
from host.facade.tails import LogRow, TailQuery
from host.observe.log_entry import NAMES

Tell = Callable[[str, Any], None]

LAST: Final = 200
"""Lines that are fetched at first; more only where these were not enough."""

MOST: Final = 2_000
"""Lines that a host keeps."""

FETCH_S: Final = 2.0
"""Longest time for them; they are there, unless the host has logged nothing at all."""

_TRACEBACK: Final = "\nTraceback (most recent call last):"


class LiveLog:
    """Of one plugin."""

    def __init__(self, host: Facade, plugin: str, tell: Tell) -> None:
        self._host = host
        self._plugin = plugin
        self._tell = tell
        self._since_s = time.time()
        """What was logged before is not the test's; host and test are on one machine."""
        self._seen = 0
        self._turns = anyio.Lock()
        """Answers reach the test in the order in which they came."""

    @asynccontextmanager
    async def told(self) -> AsyncGenerator[None]:
        """Tell the test what was logged meanwhile, whether or not what was asked for succeeded."""
        try:
            yield
        except PlughostError:
            await self._news()
            raise
        await self._news()

    async def _news(self) -> None:
        async with self._turns:
            rows = await self._last(LAST)
            if rows and rows[0].seq > self._seen + 1 and rows[0].at_s > self._since_s:
                rows = await self._last(MOST)
            for row in rows:
                if row.seq > self._seen and row.at_s >= self._since_s and self._is_its(row):
                    self._tell("harness.logged", _line(row))
            self._seen = max([self._seen, *(row.seq for row in rows)])

    def _is_its(self, row: LogRow) -> bool:
        return row.plugin == self._plugin and row.source == "log"

    async def _last(self, count: int) -> list[LogRow]:
        # Of all plugins and the host: of one alone there may be none, and nothing would come.
        async with self._host.tail(TailQuery(source="logs", last=count)) as lines:
            with anyio.move_on_after(FETCH_S):
                return list((await anext(lines)).lines)
        return []


def _line(row: LogRow) -> dict[str, Any]:
    text, mark, trace = row.text.partition(_TRACEBACK)
    return {
        "level": NAMES.get(row.level, "info"),
        "message": text,
        "data": row.fields,
        "exception": f"{mark}{trace}".lstrip("\n"),
    }
