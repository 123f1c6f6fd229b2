"""The bench that a plugin's tests run on in the mode `process`: a host that keeps nothing, and the plugin."""

import os
import signal
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import msgspec

from host.cli.handled import until_handled
from host.cli.harness_tap import HarnessTap
from host.cli.live_bench import LiveBench
from host.control.client import connect
from host.cron import Rule, read_rule
from host.devtools.bench import HarnessStart, mounted
from host.devtools.harness import Harness
from host.errors import InvalidParams
from host.manifest import read_package
from host.plugin_host import PluginHost
from host.services.http_values import Principal, Request

_CRON_FIELDS: Final = 5


@asynccontextmanager
async def open_bench(start: HarnessStart, test: Harness) -> AsyncGenerator["HostBench | LiveBench"]:
    """Enter a host with the plugin of a test.

    With a data folder it is the host that runs on it, over its control socket.

    Raises:
        PlughostError: The plugin's manifest can't be used; or no host runs on the data folder.
    """
    if start.data is not None:
        if start.config:
            raise InvalidParams(
                "live: the configuration is the running host's, a test can't start with one of its own",
                remedy="change it in the test by plugin.configure(...), or run it by --plughost=process",
            )
        plugin = read_package(Path(start.folder)).manifest.id
        async with connect(Path(start.data), client="plughost test") as running:
            yield LiveBench(running, plugin, test.tell)
        return
    package = read_package(Path(start.folder))
    plugin = package.manifest.id
    host = PluginHost([package.folder], config={plugin: start.config} if start.config else None)
    # Nobody is there but the test, which answers with `fake_host.answer`.
    host.prompts.on(host.prompts.refuse)
    tap = HarnessTap(host._parts.gateway, test)  # pyright: ignore[reportPrivateUsage]
    async with host:
        yield HostBench(host, plugin, tap)


class HostBench:
    """One plugin on a `PluginHost`; see `host.devtools.bench`."""

    def __init__(self, host: PluginHost, plugin: str, tap: HarnessTap) -> None:
        self._host = host
        self._plugin = plugin
        self._tap = tap
        self._next_s: dict[str, float] = {}
        """When each schedule is due next, by the test's clock."""

    async def load(self) -> int | None:
        """Load it."""
        await self._host.load(self._plugin)
        return self._host.plugin(self._plugin).pid

    async def call(self, method: str, params: Mapping[str, Any], timeout_s: float) -> Any:
        """Call a method."""
        return await self._host.call(self._plugin, method, params, timeout_s=timeout_s)

    def stream(self, method: str, params: Mapping[str, Any], timeout_s: float) -> AsyncGenerator[Any, None]:
        """Open a stream."""
        return self._host.stream(self._plugin, method, params, timeout_s=timeout_s)

    async def emit(self, topic: str, data: Any) -> None:
        """Emit, and wait until nothing of the plugin waits any more."""
        await self._host.emit(topic, data)
        await until_handled(self._host, self._plugin, topic)

    async def hook(self, name: str, value: Any) -> dict[str, Any]:
        """Ask the chain."""
        verdict = await self._host.hook(name, value)
        return {"allowed": verdict.allowed, "value": verdict.value, "reason": verdict.reason}

    async def command(self, name: str, params: Mapping[str, Any]) -> Any:
        """Run a command."""
        return await self._host.command(name, params, plugin=self._plugin)

    async def request(self, asked: Mapping[str, Any]) -> tuple[int, dict[str, str], Any]:
        """Dispatch a request."""
        path = mounted(self._plugin, str(asked["path"]))
        request = Request(asked["method"], path, asked["query"], asked["headers"], asked["body"])
        principal = Principal(asked["principal"], tuple(asked["permissions"]))
        answer = await self._host.dispatch(request, principal)
        return answer.status, dict(answer.headers), answer.data

    async def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the configuration."""
        changed = await self._host.configuration.set(self._plugin, changes, by="test")
        return msgspec.to_builtins(changed)

    async def health(self) -> dict[str, Any]:
        """Ask how it is."""
        return msgspec.to_builtins(await self._host.health(self._plugin))

    async def run_due(self, from_s: float, until_s: float) -> None:
        """Run what would be due by the test's clock; the host's own goes on as it is."""
        rules = {view.name: _rule(view.when) for view in self._host.schedule.list(self._plugin)}
        known = {name: self._next_s.get(name) for name in rules}
        self._next_s = {
            name: rules[name].after(from_s, from_s) if due is None else due for name, due in known.items()
        }
        while self._next_s:
            name = min(self._next_s, key=self._next_s.__getitem__)
            due_s = self._next_s[name]
            if due_s > until_s:
                return
            self._next_s[name] = rules[name].after(due_s, due_s)
            await self._host.schedule.run(self._plugin, name)

    async def crash(self) -> None:
        """Kill its process."""
        pid = self._host.plugin(self._plugin).pid
        if pid is None:
            return
        with self._host.changes() as changes:
            os.kill(pid, signal.SIGKILL)
            async for change in changes:
                if change.plugin == self._plugin and change.new != "active":
                    return

    async def restart(self) -> int | None:
        """Load it anew."""
        await self._host.restart(self._plugin)
        self._next_s.clear()
        return self._host.plugin(self._plugin).pid

    def answer(self, method: str, permission: str | None) -> None:
        """Have the test answer a method."""
        self._tap.answer(method, permission)


def _rule(when: str) -> Rule:
    """Return the rule that a schedule's view shows; without a time zone it is UTC, as in memory."""
    kind, *words = when.split()
    if kind == "every":
        return read_rule(float(words[0]), "", "")
    line, zone = words[:_CRON_FIELDS], words[_CRON_FIELDS:]
    return read_rule(None, " ".join(line), zone[0] if zone else "UTC")
