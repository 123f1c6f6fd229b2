"""The product: a `PluginHost` as an application embeds it, with nothing switched off."""

import asyncio
import inspect
import os
from collections.abc import Coroutine
from contextlib import ExitStack
from importlib.util import find_spec
from types import TracebackType
from typing import Any, ClassVar, Self

from benchmarks.child_process import ChildProcess
from benchmarks.peer_end import PeerEnd
from benchmarks.plugin_folders import plugin_folders
from benchmarks.subject import Subject
from host import PluginHost
from protocol.jsonrpc import encode

_NOTIFY_TIMEOUT_S = 10.0


class Plughost(Subject):
    """`host.call` into an `async def` handler."""

    name = "plughost"
    about = "`PluginHost.call`: deadline, cancelling, metrics, permissions, watchdog and heartbeat on"
    host_options: ClassVar[dict[str, Any]] = {}
    manifest_line: ClassVar[str] = ""

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(tasks)
        self._stack = ExitStack()
        folder, (self._plugin, *self._others) = self._stack.enter_context(
            plugin_folders(1 + self.most_children, self.manifest_line, busy=1)
        )
        self._host = PluginHost(plugins=[folder], **self.host_options)
        self._sink: ChildProcess | None = None
        self._end: PeerEnd | None = None

        @self._host.api("bench.echo")
        async def echo(value: Any) -> Any:  # pyright: ignore[reportUnusedFunction]
            return value

    @classmethod
    def unavailable(cls) -> str:
        return ""

    async def __aenter__(self) -> Self:
        await self._host.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._stack:
            if self._end is not None and self._sink is not None:
                self._end.on_end()
                self._sink.end()
            await self._host.aclose()

    async def start(self) -> None:
        await self._host.load(self._plugin)

    async def stop(self) -> None:
        await self._host.unload(self._plugin)

    @property
    def pid(self) -> int:
        return self._pid_of(self._plugin)

    def call(self, value: Any) -> Coroutine[Any, Any, Any]:  # pyright: ignore[reportIncompatibleMethodOverride]
        # No coroutine of ours around the product's.
        return self._host.call(self._plugin, "echo", {"value": value})

    async def take_stream(self, items: int) -> None:
        async for _ in self._host.stream(self._plugin, "count", {"upto": items}):
            pass

    async def call_back(self, seconds: float) -> float:
        params = {"value": self.small, "seconds": seconds}
        return await self._host.call(self._plugin, "call_back", params, timeout_s=seconds + 10)

    async def storage_get(self, seconds: float) -> float:
        params = {"value": self.small, "seconds": seconds}
        return await self._host.call(self._plugin, "storage_get", params, timeout_s=seconds + 10)

    async def notify(self, count: int) -> None:
        if self._end is None:
            self._sink = ChildProcess("peer_sink")
            # The peer closes what it is given.
            self._end = PeerEnd(os.dup(self._sink.stdout_fd), os.dup(self._sink.stdin_fd))
            self.tasks.create_task(self._end.peer.run())
        peer = self._end.peer
        for _ in range(count):
            while not peer.notify("bench.happened", encode(self.small)):
                await peer.drained()
        await peer.outgoing.request("bench.taken", b"{}", timeout_s=_NOTIFY_TIMEOUT_S)

    async def start_many(self, count: int) -> list[int]:
        started = self._others[:count]
        async with asyncio.TaskGroup() as starts:
            for plugin in started:
                starts.create_task(self._load_and_check(plugin))
        return [self._pid_of(plugin) for plugin in started]

    async def stop_many(self) -> None:
        async with asyncio.TaskGroup() as ends:
            for view in self._host.plugins():
                if view.id != self._plugin and view.pid is not None:
                    ends.create_task(self._host.unload(view.id))

    async def _load_and_check(self, plugin: str) -> None:
        await self._host.load(plugin)
        if await self._host.call(plugin, "echo", {"value": self.small}) != self.small:
            raise RuntimeError(f"{plugin} answered with another value")

    def _pid_of(self, plugin: str) -> int:
        pid = self._host.plugin(plugin).pid
        assert pid is not None
        return pid


class PlughostUvloop(Plughost):
    """The same on uvloop."""

    name = "plughost-uvloop"
    about = "the same, its host on uvloop"
    loop = "uvloop"
    starts = False

    @classmethod
    def unavailable(cls) -> str:
        return "" if find_spec("uvloop") is not None else "the distribution `uvloop` is not installed"


class PlughostPolling(Plughost):
    """With adaptive polling."""

    name = "plughost-polling"
    about = "the same as `plughost`, with `PluginHost(polling=True)`"
    starts = False
    host_options: ClassVar[dict[str, Any]] = {"polling": True}

    @classmethod
    def unavailable(cls) -> str:
        known = "polling" in inspect.signature(PluginHost).parameters
        return "" if known else "`PluginHost` has no parameter `polling` yet"


class PlughostExec(Plughost):
    """Every plugin in an interpreter of its own."""

    name = "plughost-exec"
    about = "the same as `plughost`, each plugin in an interpreter of its own (`preload = false`)"
    calls = False
    manifest_line = "preload = false"
