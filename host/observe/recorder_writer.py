"""RecorderWriter: brings what tracks gathered to the disk, in the one thread that writes recorder and logs.

Owns the thread, what becomes of what the disk or a single record refuses, and how that is said. When there is
something to write is the recorder's.
"""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from host.observe.axis import Axis
from host.observe.entries import KEPT
from host.observe.log_folder import LogFolder
from host.observe.recorder_folder import RecorderFolder
from host.observe.track import Batch, Track
from host.state.settled import settled

logger = logging.getLogger(__name__)

Batches = list[tuple[Track, Batch]]


class RecorderWriter:
    """Of one host while it runs."""

    def __init__(self, axis: Axis, folder: RecorderFolder, logs: LogFolder | None) -> None:
        self.unwritten = 0
        """Times that a plugin's entries could not be written."""
        self._axis = axis
        self._folder = folder
        self._logs = logs
        # Not the pool that an embedder's own functions run in, and may fill.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="recorder")
        self._said_fault = False
        self._fault = ""

    @property
    def fault(self) -> str:
        """Why it can't write; empty if it can."""
        return self._fault if self._said_fault else ""

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False)

    async def write(self, batches: Batches) -> None:
        """Write them; their tracks get back what could not be. Whoever is cancelled leaves after that."""
        future = asyncio.get_running_loop().run_in_executor(self._thread, self._write, batches)
        cancelled = await settled(future)
        faults = future.result()
        for track, batch in faults:
            track.give_back(batch)
        self._tell(len(faults))
        if cancelled is not None:
            raise cancelled

    def _write(self, batches: Batches) -> Batches:
        """Write them, in the thread; return those that could not be written."""
        faults: Batches = []
        self._axis.follow()
        for track, batch in batches:
            try:
                if batch.log and self._logs is not None:
                    self._logs.write(track.plugin, batch.log)
                    batch.log.clear()
                self._folder.write(track.plugin, batch, self._axis)
            except OSError as exc:
                self._fault = str(exc)
                faults.append((track, batch))
            except Exception:
                # The border: one plugin's record that can't be written must not end everybody's recorder, and
                # would fail again. What of the batch is not there yet is lost.
                logger.exception(
                    "entries of the flight recorder can't be written, and are left out",
                    extra={"fields": {"plugin": track.plugin}},
                )
        return faults

    def _tell(self, faults: int) -> None:
        """Say once that the disk takes nothing, and once that it does again."""
        self.unwritten += faults
        if faults and not self._said_fault:
            self._said_fault = True
            logger.warning(
                "the flight recorder can't be written; the host goes on, and memory has the last %d entries",
                KEPT,
                extra={"fields": {"fault": self._fault}},
            )
        elif not faults and self._said_fault:
            self._said_fault = False
            logger.warning(
                "the flight recorder is written again", extra={"fields": {"missed": self.unwritten}}
            )
