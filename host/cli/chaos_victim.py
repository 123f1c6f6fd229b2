"""The victim of `plughost chaos`: one plugin on a `PluginHost` that keeps nothing; see its Protocol."""

import os
import signal
import time
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from typing import Any, Final

import anyio
import anyio.lowlevel

from host.cli.chaos_tap import ChaosTap
from host.cli.plugin_surface import read_surface, session_of
from host.clock import SystemClock
from host.devtools.chaos.surface import Place, Surface
from host.devtools.chaos.victim import Kernel
from host.errors import PlughostError
from host.plugin_host import PluginHost
from host.process.squeeze import squeezed
from host.rpc import from_wire
from host.services.http_values import Principal, Request
from protocol import jsonrpc
from protocol.errors import RpcError

LOOK_S: Final = 0.02
"""How often it is looked whether something has come to be of which nobody is told."""

ROOM_BYTES: Final = 8 * 1024 * 1024
"""Memory that is left to a process that is squeezed."""

ROOM_DESCRIPTORS: Final = 1

_UNEXPECTED: Final = " raised "
"""In the line that the SDK logs for what nobody expected."""


class ShiftedClock(SystemClock):
    """The machine's clocks, the wall clock of which can be made to jump."""

    def __init__(self) -> None:
        self.shift_s = 0.0

    def wall(self) -> float:
        """The wall clock, shifted."""
        return super().wall() + self.shift_s


class HostVictim:
    """One plugin on one host."""

    def __init__(self, host: PluginHost, plugin: str, tap: ChaosTap, clock: ShiftedClock) -> None:
        self._host = host
        self._plugin = plugin
        self._tap = tap
        self._clock = clock
        self.surface = Surface()

    async def begin(self) -> None:
        """Load it, and read what it offers."""
        await self._host.load(self._plugin)
        self.surface = await read_surface(self._host, self._plugin)

    @property
    def pid(self) -> int | None:
        """Its process; None while it has none."""
        return self._host.plugin(self._plugin).pid

    @property
    def state(self) -> str:
        """Its state, with the reason where there is one."""
        view = self._host.plugin(self._plugin)
        return f"{view.state} ({view.reason})" if view.reason and view.state != "active" else view.state

    @property
    def protocol_faults(self) -> int:
        """Breaches of the protocol in this run of the process."""
        return self._host.plugin(self._plugin).figures.faults

    @property
    def last_exit(self) -> str:
        """How its last run ended."""
        facts = self._host.plugin(self._plugin).last_exit
        return "" if facts is None else facts.exit_text or facts.detail

    async def active(self, within_s: float) -> bool:
        """Wait until it is active; return whether it is."""
        return await self._until(lambda: self._host.plugin(self._plugin).state == "active", within_s)

    async def ended(self, pid: int, within_s: float) -> bool:
        """Wait until a process of it is gone; return whether it is."""
        return await self._until(lambda: self.pid != pid, within_s)

    async def ping(self, within_s: float) -> None:
        """Ask for a sign of life."""
        await self.ask("plugin.ping", {}, within_s)

    async def ask(self, method: str, params: Any, within_s: float) -> Any:
        """Make a request of any name, past all checks of the host."""
        peer = session_of(self._host, self._plugin).peer
        try:
            return jsonrpc.decode_any(await peer.outgoing.begin(method, jsonrpc.encode(params), within_s))
        except RpcError as exc:
            raise from_wire(exc, self._plugin, method) from None

    async def call(self, method: str, params: Mapping[str, Any], within_s: float) -> Any:
        """Call a method."""
        return await self._host.call(self._plugin, method, params, timeout_s=within_s)

    def stream(self, method: str, params: Mapping[str, Any], within_s: float) -> AsyncGenerator[Any, None]:
        """Open a stream."""
        return self._host.stream(self._plugin, method, params, timeout_s=within_s)

    async def command(self, name: str, params: Mapping[str, Any], within_s: float) -> Any:
        """Run a command."""
        return await self._host.command(name, params, plugin=self._plugin, timeout_s=within_s)

    async def request(
        self,
        place: Place,
        path: str,
        headers: Mapping[str, str],
        query: Mapping[str, str],
        body: Any,
        within_s: float,
    ) -> tuple[int, Any]:
        """Make an HTTP request; return status and data. What goes wrong is an answer too."""
        principal = Principal("chaos", place.permissions)
        request = Request(place.method, path, query, headers, body)
        answer = await self._host.dispatch(request, principal, timeout_s=within_s)
        return answer.status, answer.data

    async def emit(self, topic: str, data: Any) -> int:
        """Emit an event; return its number, 0 if it is not kept."""
        return await self._host.emit(topic, data)

    async def handled(self, within_s: float) -> bool:
        """Wait until no event waits for the plugin; return whether none does."""
        # What was emitted is handed out in the loop's next turn.
        await anyio.lowlevel.checkpoint()
        await anyio.lowlevel.checkpoint()
        with anyio.move_on_after(within_s) as limit:
            # Nobody is told that an event was handled.
            while any(one.waiting for one in await self._host.events.lag(self._plugin)):  # noqa: ASYNC110
                await anyio.sleep(LOOK_S)
        return not limit.cancelled_caught

    async def hook(self, name: str, value: Any) -> str:
        """Ask a hook; return why the plugin gave no answer, empty if it gave one."""
        verdict = await self._host.hook(name, value)
        for step in verdict.trail:
            if step.plugin == self._plugin and step.code in (
                "hook_failed",
                "hook_timeout",
                "hook_unavailable",
            ):
                return f"{step.code}: {step.reason}"
        return ""

    async def tick(self, name: str) -> None:
        """Run a schedule now."""
        await self._host.schedule.run(self._plugin, name)

    async def configure(self, changes: Mapping[str, Any]) -> None:
        """Change its configuration."""
        await self._host.configuration.set(self._plugin, changes, by="chaos")

    async def unconfigure(self) -> None:
        """Take back every change of its configuration."""
        await self._host.configuration.replace(self._plugin, {}, by="chaos")

    async def replay(self, subscription: str) -> None:
        """Deliver again what a durable subscription got."""
        await self._host.events.replay(self._plugin, subscription, since=0)

    async def dead_letters(self) -> int:
        """Count events that it failed to handle after every try."""
        return len(await self._host.events.dead_letters(self._plugin))

    def write(self, data: bytes) -> None:
        """Write on its stdin, past the protocol."""
        # Past the protocol, as nobody else may.
        session_of(self._host, self._plugin).peer._pipe.write(data)  # pyright: ignore[reportPrivateUsage]

    def close_stdin(self) -> None:
        """Close its stdin."""
        session_of(self._host, self._plugin).peer.close_writing()

    @contextmanager
    def deaf(self) -> Generator[None]:
        """Read nothing that it writes meanwhile."""
        pipe = session_of(self._host, self._plugin).peer._pipe  # pyright: ignore[reportPrivateUsage]
        pipe.pause("chaos")
        try:
            yield
        finally:
            pipe.resume("chaos")

    def signal(self, number: int) -> None:
        """Send its process a signal."""
        if (pid := self.pid) is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    @contextmanager
    def squeezed(self, what: Kernel) -> Generator[None]:
        """Let its process have next to no more of this than it has now. Raises NotImplementedError."""
        if self.pid is None:
            raise NotImplementedError("it has no process")
        room = ROOM_BYTES if what == "memory" else ROOM_DESCRIPTORS
        with squeezed(self.pid, what, room):
            yield

    def troubled(self, prefix: str, error: PlughostError | None) -> AbstractContextManager[Mapping[str, int]]:
        """Have what it asks of the host fail, or never be answered; yields how often it asked what."""
        return self._tap.troubled(prefix, error)

    @asynccontextmanager
    async def denied(self) -> AsyncGenerator[None]:
        """Take its permissions away meanwhile."""
        permissions = self.surface.permissions
        for one in permissions:
            await self._host.permissions.revoke(self._plugin, one)
        try:
            yield
        finally:
            with anyio.CancelScope(shield=True):
                for one in permissions:
                    await self._host.permissions.grant(self._plugin, one)

    def jump(self, seconds: float) -> None:
        """Let the host's wall clock jump."""
        self._clock.shift_s += seconds

    async def load(self) -> None:
        """Load it."""
        await self._host.load(self._plugin)

    async def unload(self) -> None:
        """Unload it."""
        await self._host.unload(self._plugin)

    async def restart(self) -> None:
        """Restart it."""
        # One that stands still would use up its grace.
        self.signal(signal.SIGCONT)
        await self._host.restart(self._plugin)

    async def forgive(self) -> None:
        """Forget its failures, so that the host starts it at once and without end."""
        await self._host.reset(self._plugin)

    async def said(self, since_s: float) -> tuple[str, ...]:
        """Return the last lines of its log and stderr since a moment of `now_s`, the oldest first."""
        lines = await self._host.logs(self._plugin, last=40)
        return tuple(line.text for line in lines if line.at_s >= since_s)

    async def incidents(self, since_s: float) -> tuple[str, ...]:
        """Return what its code raised and nobody expected, since a moment of `now_s`."""
        await self.ping(5.0)  # what it logged before is here then
        lines = await self._host.logs(self._plugin, level="error")
        return tuple(
            line.text.strip().replace("\n", " | ")[-400:]
            for line in lines
            if line.at_s >= since_s and line.source == "log" and _UNEXPECTED in line.text
        )

    def now_s(self) -> float:
        """Return the moment, in seconds since the epoch."""
        return time.time()

    async def _until(self, reached: Callable[[], bool], within_s: float) -> bool:
        with anyio.move_on_after(within_s):
            with self._host.changes() as changes:
                if reached():
                    return True
                async for _ in changes:
                    if reached():
                        return True
        return reached()
