"""The bench of the mode `live`: a plugin on a host in another process, over its control socket.

Does what a front end may do, each verb in the host's audit. The host's own clock and what the plugin's calls
are answered can't be had from outside; the SDK says so to the test before anything is asked here. Leaves the
plugin running, as it found it.
"""

import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import anyio

from host.cli.live_log import LiveLog, Tell
from host.devtools.bench import mounted
from host.errors import DeadlineExceeded, InvalidParams
from host.facade.facade import Facade
from host.services.http_values import BadRequest, answered, read_body, read_query, refusal

HANDLED_S: Final = 30.0
"""Longest time for a plugin to handle an event, or for a host to notice that one died."""

APPLIED: Final = {
    "live": "live",
    "restarted": "restart",
    "at next start": "next_start",
    "nothing changed": "unchanged",
}
"""How a change took effect: a front end's word, and the word that plugins' tests know."""

LOOK_S: Final = 0.02
"""Seconds between two looks at what is told by nobody."""


class LiveBench:
    """One plugin on a host that runs; see `host.devtools.bench`."""

    def __init__(self, host: Facade, plugin: str, tell: Tell) -> None:
        """`tell` is the test's, for what the plugin logs."""
        self._host = host
        self._plugin = plugin
        self._log = LiveLog(host, plugin, tell)

    async def load(self) -> int | None:
        """Load it unless it runs."""
        async with self._log.told():
            return (await self._host.plugin_start(self._plugin)).pid

    async def call(self, method: str, params: Mapping[str, Any], timeout_s: float) -> Any:
        """Call a method."""
        async with self._log.told():
            return (await self._host.call(self._plugin, method, dict(params), timeout_s)).value

    async def stream(
        self, method: str, params: Mapping[str, Any], timeout_s: float
    ) -> AsyncGenerator[Any, None]:
        """Open a stream."""
        async with self._log.told():
            async for item in self._host.stream(self._plugin, method, dict(params), timeout_s):
                yield item

    async def emit(self, topic: str, data: Any) -> None:
        """Emit, and wait until nothing of the plugin waits any more."""
        async with self._log.told():
            await self._host.event_emit(topic, data)
            async with self._looking(f"handle {topic}"):
                while any(one.waiting for one in await self._host.event_lag(self._plugin)):  # noqa: ASYNC110
                    await anyio.sleep(LOOK_S)

    async def hook(self, name: str, value: Any) -> dict[str, Any]:
        """Ask its own handlers; those of other plugins are left alone."""
        async with self._log.told():
            answer = await self._host.hook_ask(self._plugin, name, value)
        return {"allowed": answer.allowed, "value": answer.value, "reason": answer.reason}

    async def command(self, name: str, params: Mapping[str, Any]) -> Any:
        """Run a command."""
        async with self._log.told():
            return (await self._host.command_run(name, dict(params), self._plugin)).value

    async def request(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, str], Any]:
        """Have one of its endpoints answer."""
        try:
            path, query = read_query(mounted(self._plugin, str(asked["path"])), asked["query"])
            # For the way over the socket alone: what the content type says counts in the host.
            body, encoding = read_body(asked["body"], {})
        except BadRequest as exc:
            refused = refusal(exc.status, "bad_request", exc.message)
            return refused.status, dict(refused.headers), refused.data
        async with self._log.told():
            wire = await self._host.endpoint_request(
                self._plugin,
                asked["method"],
                path,
                query,
                asked["headers"],
                body,
                encoding,
                asked["principal"],
                tuple(asked["permissions"]),
            )
        answer = answered(wire)
        return answer.status, dict(answer.headers), answer.data

    async def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the configuration, which stays changed."""
        async with self._log.told():
            saved = await self._host.config_set(self._plugin, dict(changes))
        return {"revision": saved.revision, "applied": APPLIED[saved.applied]}

    async def health(self) -> dict[str, Any]:
        """Ask how it is."""
        # A question overtakes a verb that came before it. A test asks this to learn that what it sent before
        # has reached the plugin: one round trip lets that be sent, and the other one comes behind it.
        await self._host.plugin_health(self._plugin)
        async with self._log.told():
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
        async with self._log.told(), self._looking("be found dead"):
            while (await self._host.plugin(self._plugin)).row.pid == pid:  # noqa: ASYNC110
                await anyio.sleep(LOOK_S)

    async def restart(self) -> int | None:
        """Load it anew."""
        async with self._log.told():
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
