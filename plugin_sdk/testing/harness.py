"""PluginHarness: a plugin, loaded, as a test speaks to it. The same in every mode.

async with PluginHarness(read_folder(Path("plugins/hello"))) as plugin:
    assert await plugin.call("greet", name="Ada") == "Hello, Ada"
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from types import TracebackType
from typing import Any, Self

from plugin_sdk.testing.abilities import check
from plugin_sdk.testing.backend import Backend
from plugin_sdk.testing.driven_clock import DrivenClock
from plugin_sdk.testing.fake_host import FakeHost
from plugin_sdk.testing.plugin_folder import PluginFolder
from plugin_sdk.testing.records import Answer, HookOutcome
from plugin_sdk.testing.wire import Wire

CALL_TIMEOUT_S = 5.0
"""Deadline of a call that names none; the same as a host's."""

STREAM_TIMEOUT_S = 600.0

ANSWERS_BEHIND = 3
"""Answers to later questions after which one that is not there was not given: two may overtake each other."""

MODES = ("memory", "process", "live")


class PluginHarness:
    """One plugin. Errors that it answers are raised as RpcError: `code`, `name`, `message`, `data`."""

    def __init__(
        self,
        folder: PluginFolder,
        *,
        mode: str = "memory",
        fake_host: FakeHost | None = None,
        clock: DrivenClock | None = None,
        config: Mapping[str, Any] | None = None,
        data: str | None = None,
    ) -> None:
        """Describe it; nothing is started before it is entered.

        Args:
            folder: What to load.
            mode: `memory`, `process` (a real host and a real process) or `live` (a host that runs).
            fake_host: Notes and canned answers.
            clock: Drives schedules.
            config: Configuration over the plugin's own defaults, from its start on.
            data: Data folder of the running host, for `live`.
        """
        self.folder = folder
        self.host = fake_host or FakeHost()
        self.clock = clock or DrivenClock()
        self._backend = _backend(mode, folder, self.host, self.clock, config or {}, data)

    async def __aenter__(self) -> Self:
        await self._backend.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def id(self) -> str:
        """The plugin's id."""
        return self.folder.id

    @property
    def mode(self) -> str:
        """In which mode it runs."""
        return self._backend.mode

    @property
    def pid(self) -> int | None:
        """Of its process; None in memory."""
        return self._backend.pid

    async def close(self) -> None:
        """Unload it; a second call does nothing."""
        await self._backend.close()

    async def call(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        /,
        *,
        timeout_s: float = CALL_TIMEOUT_S,
        **named: Any,
    ) -> Any:
        """Call a method; parameters go by name, or in one mapping."""
        return await self._backend.call(method, {**(params or {}), **named}, timeout_s)

    def stream(
        self,
        method: str,
        params: Mapping[str, Any] | None = None,
        /,
        *,
        timeout_s: float = STREAM_TIMEOUT_S,
        **named: Any,
    ) -> AsyncGenerator[Any, None]:
        """Open a stream, to be read by `async for`; `aclose()`, or the end of the generator, cancels it."""
        return self._backend.stream(method, {**(params or {}), **named}, timeout_s)

    async def emit(self, topic: str, data: Any = None) -> None:
        """Have the application emit an event, and wait until the plugin has handled it, or has failed to."""
        await self._backend.emit(topic, data)

    async def hook(self, name: str, value: Any = None) -> HookOutcome:
        """Ask the plugin whether something may happen; what it says is true if it may."""
        return await self._backend.hook(name, value)

    async def command(self, name: str, params: Mapping[str, Any] | None = None, /, **named: Any) -> Any:
        """Run one of its commands."""
        return await self._backend.command(name, {**(params or {}), **named})

    async def request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Any = None,
        principal: str = "",
        permissions: tuple[str, ...] = (),
    ) -> Answer:
        """Make an HTTP request: `path` as in the code, or from `/api/plugins/` on. Errors are answers too."""
        return await self._backend.request(
            {
                "method": method,
                "path": path,
                "query": dict(query or {}),
                "headers": dict(headers or {}),
                "body": body,
                "principal": principal,
                "permissions": tuple(permissions),
            }
        )

    async def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change its configuration; returns `revision` and `applied`."""
        return await self._backend.configure(changes)

    async def health(self) -> dict[str, Any]:
        """Ask how it is: `status`, and what it adds."""
        return await self._backend.health()

    # Faults.

    async def cancel(self, method: str, params: Mapping[str, Any] | None = None, /, **named: Any) -> None:
        """Call a method and cancel the call while the plugin works on it; returns once it has heard of that.

        Raises:
            RuntimeError: The plugin answered before.
        """
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(self.call(method, params, **named))
            # The call is sent in its task's first step, and what is asked behind it comes behind it.
            await asyncio.sleep(0)
            early = False
            for _ in range(ANSWERS_BEHIND):
                await self.health()
                if early := call.done():
                    break
            call.cancel()
        await self.health()
        if early:
            raise RuntimeError(f"{method} was answered before it could be cancelled")

    async def crash(self) -> None:
        """End it without notice; `restart` loads it again, with what it keeps."""
        await self._backend.crash()

    async def restart(self) -> None:
        """Load it anew."""
        await self._backend.restart()

    @property
    def wire(self) -> Wire:
        """The wire, to be made slow (`chunk_bytes`, `stall()`, `resume()`) or torn (`tear()`).

        Raises:
            NotInThisMode: Only the mode `memory` has one.
        """
        check("wire", self.mode)
        wire: Wire | None = getattr(self._backend, "wire", None)
        assert wire is not None
        return wire


def _backend(
    mode: str,
    folder: PluginFolder,
    notes: FakeHost,
    clock: DrivenClock,
    config: Mapping[str, Any],
    data: str | None,
) -> Backend:
    if mode == "memory":
        from plugin_sdk.testing.memory import MemoryBackend

        return MemoryBackend(folder, notes, clock, config)
    if mode in MODES:
        from plugin_sdk.testing.remote import RemoteBackend

        return RemoteBackend(mode, folder, notes, clock, config, data)
    raise ValueError(f"mode: found {mode!r}; allowed: {', '.join(MODES)}")
