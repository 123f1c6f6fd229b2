"""Wind-down: how one session's process is brought to its end.

With grace, calls under way may end and the plugin may unload; then the shutdown ladder, and the hunt for what
it left. Why it ends, and where to begin, is the ending's.
"""

import logging
from collections.abc import Callable, Sequence

import anyio

from host.errors import PluginDied
from host.facade import Unfinished
from host.masking import known
from host.process.exit_status import ExitStatus
from host.process.ladder import Ladder
from host.process.launcher import PluginProcess
from host.supervision.ending import Ending
from host.supervision.output import PluginLog
from host.timing import Timing
from protocol.errors import RpcError
from protocol.launch import Known
from protocol.peer import Peer

DRAIN_LOOK_S = 0.02
"""Seconds between two looks at the calls that are still under way."""


class WindDown:
    """One session's way down."""

    def __init__(
        self,
        ending: Ending,
        peer: Peer,
        process: PluginProcess,
        log: PluginLog,
        timing: Timing,
        now: Callable[[], float],
    ) -> None:
        self._ending = ending
        self._peer = peer
        self._process = process
        self._log = log
        self._timing = timing
        self._now = now
        self._drain_s = timing.drain_s
        self._unfinished: Unfinished = _nothing
        self._ladder = Ladder(process, timing, peer.close_writing)

    def replaced(self, unfinished: Unfinished) -> None:
        """Take note that another run took over: there is more time, and events that it was sent count too."""
        self._drain_s = self._timing.replaced_drain_s
        self._unfinished = unfinished

    def hasten(self) -> None:
        """Cut short what is waited for at present, and skip the grace that is left."""
        self._ending.graceful = False
        self._ladder.hasten()

    async def run(self, *, was_active: bool) -> ExitStatus:
        """Bring the process to its end; return how it ended."""
        if self._ending.graceful and was_active and not self._process.exited.done():
            await self._drain()
            await self._unload()
        return await self._ladder.descend(self._ending.first_rung)

    async def sweep(self, known: Sequence[Known]) -> tuple[int, ...]:
        """Kill what is left of its descendants; return the pids of survivors."""
        return await self._ladder.sweep(known)

    async def _drain(self) -> None:
        """Let calls under way end."""
        until_s = self._now() + self._drain_s
        under_way = self._peer.outgoing
        while self._ending.graceful and self._now() < until_s:
            if not (under_way.in_flight or self._unfinished()):
                return
            if await self._ladder.wait(DRAIN_LOOK_S):
                return

    async def _unload(self) -> None:
        if not self._ending.graceful:
            return
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                try:
                    await self._peer.outgoing.request(
                        "plugin.unload", b"{}", timeout_s=self._timing.unload_s, bounded=False
                    )
                except RpcError as exc:
                    self._log.write(
                        logging.WARNING, f"plugin.unload failed: {known.beginning(exc.message, 2_000)}"
                    )
                except PluginDied:
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(ask)
            await self._ladder.wait(self._timing.unload_s + 1.0)
            tasks.cancel_scope.cancel()


def _nothing() -> bool:
    return False
