"""The mode `memory`: the SDK's own session in the test's event loop, over sockets, with a MemoryHost.

Everything is real but the process and the host: frames, parameters, cancelling, streams. Breakpoints work.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import msgspec

from plugin_sdk.runtime.entry import load_classes
from plugin_sdk.runtime.session import Session
from plugin_sdk.testing.connection import Connection
from plugin_sdk.testing.driven_clock import DrivenClock
from plugin_sdk.testing.fake_host import FakeHost
from plugin_sdk.testing.memory_host import SESSION, MemoryHost
from plugin_sdk.testing.plugin_folder import FolderFault, PluginFolder
from plugin_sdk.testing.plugin_modules import fresh_modules
from plugin_sdk.testing.records import Answer, HookOutcome
from plugin_sdk.testing.refusals import refusal
from plugin_sdk.testing.wire import Wire
from protocol.errors import LOAD_FAULT, NOT_ACTIVE, PLUGIN_DIED, RpcError
from protocol.messages.plugin import InitializeParams, InitializeResult, LoadParams, Product
from protocol.version import PROTOCOL_VERSIONS, RELEASE

CONTROL_TIMEOUT_S = 10.0
"""Longest time for what a host asks: load, a hook, a health check."""

FOLDERS = ("PLUGHOST_DATA_DIR", "PLUGHOST_CACHE_DIR")


class MemoryBackend:
    """One plugin."""

    mode = "memory"
    pid: int | None = None

    def __init__(
        self, folder: PluginFolder, notes: FakeHost, clock: DrivenClock, config: Mapping[str, Any]
    ) -> None:
        """Raises FolderFault for a plugin that is no Python code."""
        if not folder.entry_points:
            raise FolderFault(
                f"{folder.folder}: a plugin without a Python entry point has no memory mode; "
                "run its tests by --plughost=process"
            )
        self._folder = folder
        self._clock = clock
        self.host = MemoryHost(folder, clock, notes, self._ask, self._tell, self._start_work)
        self.host.config.give(config)
        self._notes = notes
        self._wire: Wire | None = None
        self._connection: Connection | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._root: asyncio.Task[None] | None = None
        self._place = ExitStack()
        clock.on_advance(self.host.schedules.run_due)

    @property
    def wire(self) -> Wire:
        """What lies between plugin and host, to be made slow or torn."""
        if self._wire is None:
            raise refusal(NOT_ACTIVE, f"plugin {self._folder.id!r} is not loaded")
        return self._wire

    async def start(self) -> None:
        """Load the plugin. Raises RpcError: `load_fault`, or what `on_load` raises."""
        loop = asyncio.get_running_loop()
        self._set_environment()
        self._place.enter_context(fresh_modules(self._folder.folder))
        ready: asyncio.Future[None] = loop.create_future()
        # The one task that is not in a group: it owns the group that all others are in.
        self._root = loop.create_task(self._run(ready), name="plughost-test")
        try:
            await ready
            await self._load()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Unload it, and take its modules out."""
        if self._connection is not None and not self._connection.ended:
            try:
                await self._ask("plugin.unload", {})
            except RpcError as exc:
                self._notes.faults.append(f"unload: {exc.message}")
        await self._end(unloaded=True)
        self._place.close()
        self._place = ExitStack()

    async def crash(self) -> None:
        """Cut the wire and cancel the session; `on_unload` is not called."""
        await self._end(unloaded=False)

    async def restart(self) -> None:
        """Load it again."""
        await self.close()
        await self.start()

    async def call(self, method: str, params: Mapping[str, Any], timeout_s: float) -> Any:
        """Call a method."""
        return msgspec.json.decode(await self._peer().call(method, params, timeout_s))

    async def stream(
        self, method: str, params: Mapping[str, Any], timeout_s: float
    ) -> AsyncGenerator[Any, None]:
        """Open a stream; leaving the loop cancels it."""
        reader = await self._peer().open(method, params, timeout_s)
        try:
            while (item := await reader.next()) is not None:
                yield msgspec.json.decode(item)
        finally:
            reader.close()

    async def emit(self, topic: str, data: Any) -> None:
        """Emit, and wait until it is handled."""
        self._peer()
        await self.host.events.emit(topic, data)

    async def hook(self, name: str, value: Any) -> HookOutcome:
        """Ask its handlers."""
        return await self.host.hook(name, value)

    async def command(self, name: str, params: Mapping[str, Any]) -> Any:
        """Run a command."""
        return await self.host.contributions.command(name, params)

    async def request(self, request: Mapping[str, Any]) -> Answer:
        """Answer a request."""
        return await self.host.contributions.request(**request)

    async def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the configuration."""
        return msgspec.to_builtins(await self.host.config.change(changes))

    async def health(self) -> dict[str, Any]:
        """Ask how it is."""
        return msgspec.json.decode(await self._ask("plugin.health", {}))

    async def _run(self, ready: "asyncio.Future[None]") -> None:
        self._wire = wire = Wire()
        entries = self._folder.entry_points
        session = Session(wire.plugin_fd, wire.plugin_fd, lambda: load_classes(entries))
        self._connection = connection = Connection(
            wire.host_fd, wire.host_fd, self.host.serve, self._notes, self.host.events.credit, self._gone
        )
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            tasks.create_task(wire.run())
            tasks.create_task(connection.run())
            tasks.create_task(session.run())
            ready.set_result(None)

    async def _load(self) -> None:
        folder = self._folder
        asked = InitializeParams(
            PROTOCOL_VERSIONS,
            Product("plughost", RELEASE),
            folder.id,
            folder.version,
            SESSION,
            plugin_type=folder.type,
            plugin_name=folder.name,
            declared=folder.declared,
        )
        raw = await self._ask("plugin.initialize", asked)
        try:
            answer = msgspec.json.decode(raw, type=InitializeResult)
        except msgspec.MsgspecError as exc:
            raise refusal(LOAD_FAULT, f"plugin.initialize: its answer can't be read: {exc}") from None
        self._peer().peer.outgoing.sends_meta = answer.capabilities.meta
        self.host.join(answer.provides)
        grants = tuple(map(str, folder.permissions))
        await self._ask("plugin.load", LoadParams(self.host.config.values, grants))
        self.host.config.live = True

    async def _end(self, *, unloaded: bool) -> None:
        root, self._root = self._root, None
        if self._connection is not None:
            self._connection.close(self._gone)
        if self._wire is not None:
            self._wire.cut()
        self.host.leave()
        if root is not None:
            if not unloaded:
                root.cancel()
            await asyncio.wait([root], timeout=CONTROL_TIMEOUT_S)
            if not root.done():
                self._notes.faults.append("unload: a handler went on although the host was gone")
                root.cancel()
                await asyncio.wait([root], timeout=CONTROL_TIMEOUT_S)
        self._connection = self._wire = self._tasks = None

    def _peer(self) -> Connection:
        if self._connection is None or self._connection.ended:
            raise refusal(NOT_ACTIVE, f"plugin {self._folder.id!r} does not run", plugin=self._folder.id)
        return self._connection

    async def _ask(self, method: str, params: Any) -> msgspec.Raw:
        return await self._peer().call(method, params, CONTROL_TIMEOUT_S)

    def _tell(self, method: str, params: Any) -> None:
        self._peer().tell(method, params)

    def _start_work(self, work: Any) -> None:
        assert self._tasks is not None
        self._tasks.create_task(work)

    def _gone(self) -> RpcError:
        return refusal(PLUGIN_DIED, f"plugin {self._folder.id!r} ended while it was asked")

    def _set_environment(self) -> None:
        base = Path(tempfile.mkdtemp(prefix="plughost-test-"))
        self._place.callback(shutil.rmtree, base, ignore_errors=True)
        places = {name: base / name.split("_")[1].lower() for name in FOLDERS}
        for place in places.values():
            place.mkdir()
        places["PLUGHOST_PACKAGE_DIR"] = self._folder.folder
        for name, place in (self._folder.environment | places).items():
            self._place.callback(_restore, name, os.environ.get(name))
            os.environ[name] = str(place)


def _restore(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
