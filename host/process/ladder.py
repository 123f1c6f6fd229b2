"""The shutdown ladder of one process: from closing its stdin to the last of its descendants.

Each rung is a wait for the end that a second stop cuts short. What comes before it (draining calls, the
plugin's own unloading) needs the wire and is the session's.
"""

import logging
import signal
from collections.abc import Callable, Sequence
from enum import IntEnum

import anyio

from host.process.exit_status import ExitStatus
from host.process.launcher import PluginProcess
from host.timing import Timing
from protocol.launch import Known

logger = logging.getLogger(__name__)


class Rung(IntEnum):
    """Where on the ladder to begin."""

    CLOSE_STDIN = 0
    TERMINATE = 1
    KILL = 2


class Ladder:
    """Brings one process to its end."""

    def __init__(self, process: PluginProcess, timing: Timing, close_stdin: Callable[[], None]) -> None:
        self._process = process
        self._timing = timing
        self._close_stdin = close_stdin
        self._hastened = anyio.Event()

    def hasten(self) -> None:
        """Go on to the next rung; if nothing waits at this moment, the next wait is cut short."""
        self._hastened.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for the process's end, for the next `hasten`, or for `seconds`; tell whether it ended."""
        hastened = self._hastened
        async with anyio.create_task_group() as tasks:

            async def until_hastened() -> None:
                await hastened.wait()
                tasks.cancel_scope.cancel()

            tasks.start_soon(until_hastened)
            await self._wait_exited(seconds)
            tasks.cancel_scope.cancel()
        if hastened.is_set():
            self._hastened = anyio.Event()
        return self._process.exited.done()

    async def _wait_exited(self, seconds: float) -> bool:
        with anyio.move_on_after(seconds):
            await self._process.wait_exited()
        return self._process.exited.done()

    async def descend(self, first: Rung) -> ExitStatus:
        """Bring the process to its end; return how it ended."""
        process = self._process
        if first <= Rung.CLOSE_STDIN and not process.exited.done():
            self._close_stdin()
            if await self.wait(self._timing.close_stdin_s):
                return process.exited.result()
        if first <= Rung.TERMINATE and not process.exited.done():
            process.signal(signal.SIGTERM)
            if await self.wait(self._timing.terminate_s):
                return process.exited.result()
        if not process.exited.done():
            process.signal(signal.SIGKILL)
            # Not `wait`: there is no further rung that a `hasten` could lead to.
            while not await self._wait_exited(self._timing.terminate_s):
                logger.error("the kernel has not ended it yet", extra={"fields": {"pid": process.pid}})
                process.signal(signal.SIGKILL)
        return process.exited.result()

    async def sweep(self, known: Sequence[Known]) -> tuple[int, ...]:
        """Kill what is left of its descendants; return the pids of survivors."""
        with anyio.move_on_after(self._timing.sweep_s):
            return await self._process.sweep(known)
        logger.error(
            "its descendants were not cleared away in time", extra={"fields": {"pid": self._process.pid}}
        )
        return ()
