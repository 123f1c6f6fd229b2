"""The bench of the mode `live`: a plugin on a host in another process, over its control socket.

Does what a front end may do, and refuses what needs the host's inside: hooks, HTTP, the test's clock, answers
of the test. Leaves the plugin running, as it found it.
"""

import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio
import msgspec

from host.errors import DeadlineExceeded, InvalidParams
from host.facade.facade import Facade

HANDLED_S: Final = 30.0
"""Longest time for a plugin to handle an event, or for a host to notice that one died."""

LOOK_S: Final = 0.02
"""Seconds between two looks at what is told by nobody."""


class LiveBench:
    """One plugin on a host that runs; see `host.devtools.bench`."""

    def __init__(self, host: Facade, plugin: str) -> None:
        self._host = host
        self._plugin = plugin

    async def load(self) -> int | None:
        """Load it unless it runs."""
        return (await self._host.plugin_start(self._plugin)).pid

    async def call(self, method: str, params: Mapping[str, Any], timeout_s: float) -> Any:
        """Call a method."""
        return (await self._host.call(self._plugin, method, dict(params), timeout_s)).value

    def stream(self, method: str, params: Mapping[str, Any], timeout_s: float) -> AsyncGenerator[Any, None]:
        """Open a stream."""
        return self._host.stream(self._plugin, method, dict(params), timeout_s)

    async def emit(self, topic: str, data: Any) -> None:
        """Emit, and wait until nothing of the plugin waits any more."""
        await self._host.event_emit(topic, data)
        async with self._looking(f"handle {topic}"):
            while any(one.waiting for one in await self._host.event_lag(self._plugin)):  # noqa: ASYNC110
                await anyio.sleep(LOOK_S)

    async def hook(self, name: str, value: Any) -> dict[str, Any]:
        """Refuse."""
        raise _not_here("a hook")

    async def command(self, name: str, params: Mapping[str, Any]) -> Any:
        """Run a command."""
        return (await self._host.command_run(name, dict(params), self._plugin)).value

    async def request(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, str], Any]:
        """Refuse."""
        raise _not_here("an HTTP request")

    async def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the configuration, which stays changed."""
        return msgspec.to_builtins(await self._host.config_set(self._plugin, dict(changes)))

    async def health(self) -> dict[str, Any]:
        """Ask how it is."""
        page = await self._host.plugin_health(self._plugin)
        return {"status": page.status, "plugin_id": page.plugin, "reason": page.reason, "data": page.data}

    async def run_due(self, from_s: float, until_s: float) -> None:
        """Refuse."""
        raise _not_here("the test's clock")

    async def crash(self) -> None:
        """Kill its process, and wait until the host has noticed."""
        pid = (await self._host.plugin(self._plugin)).row.pid
        if pid is None:
            return
        os.kill(pid, signal.SIGKILL)
        async with self._looking("be found dead"):
            while (await self._host.plugin(self._plugin)).row.pid == pid:  # noqa: ASYNC110
                await anyio.sleep(LOOK_S)

    async def restart(self) -> int | None:
        """Load it anew."""
        return (await self._host.plugin_restart(self._plugin)).pid

    def answer(self, method: str, permission: str | None) -> None:
        """Refuse."""
        raise _not_here("an answer of the test")

    @asynccontextmanager
    async def _looking(self, what: str) -> AsyncGenerator[None]:
        with anyio.move_on_after(HANDLED_S) as limit:
            yield
        if limit.cancelled_caught:
            raise DeadlineExceeded(
                f"plugin {self._plugin!r} did not {what} within {HANDLED_S:g} s",
                remedy="look into the host's log",
                plugin=self._plugin,
            )


def _not_here(what: str) -> InvalidParams:
    return InvalidParams(
        f"live: {what} can't be had from a host in another process",
        remedy='mark the test by @pytest.mark.plughost(modes=["memory", "process"])',
    )
