"""FlightRecorder: the last 500 calls, samples, changes and log lines of each plugin, kept over restarts.

Owns the tracks, and the one writer that brings them to the disk: at once when a state changes, else once a
second while something changed; so the death of the host loses a second. With a temporary data folder nothing
is written, and memory has it all. Values of calls are never recorded, only their names.
"""

import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup
from anyio.lowlevel import checkpoint

from host.errors import ManifestError
from host.facade import Change, PluginView
from host.ids import PluginId, new_session_id
from host.observe.analytics import Analytics
from host.observe.axis import Axis
from host.observe.entries import KEPT, KINDS, Call, End, Kind, LogLine, StateChange, Timeline, Usage
from host.observe.log_entry import LogEntry
from host.observe.log_folder import LogFiles, LogFolder
from host.observe.plugin_logs import PluginLogs
from host.observe.recorder_folder import RecorderFolder
from host.observe.recorder_writer import RecorderWriter
from host.observe.track import Track
from host.observe.why import Why, explain

logger = logging.getLogger(__name__)
_E = TypeVar("_E", Call, Usage, StateChange, LogLine)

WRITE_EVERY_S = 1.0
"""Seconds from one write to the next, unless a state changes."""

AT_ONCE = 50
"""Tracks that are gathered, and written, before the event loop gets its turn."""

MAX_REASON_CHARS = 2_000
END_LINES = 10
"""Last lines of stderr that a change holds; more are among the lines."""


class FlightRecorder:
    """What happened to every plugin of one host."""

    def __init__(self, *, keeps: bool, log_files: LogFiles, check: Callable[[str], object]) -> None:
        """`keeps`: whether the data folder outlives the host. `check(id)` raises if no plugin has this id."""
        self._keeps = keeps
        self._log_files = log_files
        self._check = check
        self._host = ""
        self._axis = Axis()
        self.tracks: dict[PluginId, Track] = {}
        self.analytics = Analytics(self)
        self.logs = PluginLogs(self, check)
        self._folder: RecorderFolder | None = None
        self._logs: LogFolder | None = None
        self._fresh: set[Track] = set()
        self._news = anyio.Event()
        self._at_once = anyio.Event()
        self._writing = anyio.Lock()
        self._writer: RecorderWriter | None = None
        self._closing = False
        self.heard: Callable[[PluginId, LogEntry], None] | None = None
        """Told of each log line of each plugin, on the event loop."""

    # What the supervision uses.

    def track(self, plugin: PluginId) -> Track:
        """Return a plugin's track, made at the first time."""
        track = self.tracks.get(plugin)
        if track is None:
            track = self.tracks[plugin] = Track(plugin, self._axis, self._wake)
            track.keeps_log = self._logs is not None
            track.heard = self.heard
            self.analytics.begin(track)
            self.logs.begin(track, plugin)
        return track

    def changed(self, change: Change, view: PluginView) -> None:
        """Record a change of state; `view` is the plugin after it."""
        track = self.track(change.plugin)
        end, track.seen = (None if view.last_exit is track.seen else view.last_exit), view.last_exit
        mask = track.mask
        track.changed(
            StateChange(
                at_s=self._axis.now(),
                old=change.old,
                new=change.new,
                reason=mask(change.reason)[:MAX_REASON_CHARS],
                host=self._host,
                pid=view.pid,
                version=view.version,
                enabled=view.enabled,
                wanted=view.wanted,
                host_closing=self._closing,
                retry_in_s=None if view.retry_in_s is None else round(view.retry_in_s, 1),
                restarts=view.restarts,
                memory_limit_bytes=view.limits.memory_bytes,
                cpu_limit_cores=view.limits.cpu_cores,
                end=None
                if end is None
                else End(
                    end.cause,
                    mask(end.detail)[:MAX_REASON_CHARS],
                    end.exit_text,
                    end.code,
                    end.signal,
                    round(end.uptime_s, 3),
                    end.last_method[:100],
                    end.peak_memory_bytes,
                    end.cpu_s,
                    tuple(mask(line)[:300] for line in end.stderr[-END_LINES:]),
                    end.survivors,
                ),
            )
        )

    @property
    def fault(self) -> str:
        """Why it is not written; empty if it is."""
        return "" if self._writer is None else self._writer.fault

    def host_closes(self) -> None:
        """Know from now on that plugins are stopped because the host is."""
        self._closing = True

    # What an operator asks.

    async def timeline(
        self, plugin: str, *, since: float | None = None, kinds: Iterable[Kind] = KINDS
    ) -> Timeline:
        """Return what is recorded of a plugin; `since` in seconds since the epoch.

        Of a folder whose manifest can't be used it is what there is, if only nothing.

        Raises:
            PluginNotFound: There is no such plugin, and nothing is recorded of one.
        """
        known = self.tracks.get(PluginId(plugin))
        async with self._writing:
            found = Timeline(plugin)
            if self._folder is not None:
                try:
                    found = await anyio.to_thread.run_sync(self._folder.read, plugin)
                except OSError as exc:
                    logger.warning("the recorder can't be read", extra={"fields": {"fault": str(exc)}})
        if known is not None:
            newer = known.unwritten()
        else:
            if not found:
                with suppress(ManifestError):
                    self._check(plugin)
            newer = Timeline(plugin)
        wanted = frozenset(kinds)

        def last(kind: Kind, entries: list[_E]) -> tuple[_E, ...]:
            if kind not in wanted:
                return ()
            return tuple(entry for entry in entries[-KEPT:] if since is None or entry.at_s >= since)

        return Timeline(
            plugin,
            last("calls", [*found.calls, *newer.calls]),
            last("samples", [*found.samples, *newer.samples]),
            last("changes", [*found.changes, *newer.changes]),
            last("lines", [*found.lines, *newer.lines]),
        )

    def latest_calls(self, plugin: PluginId) -> tuple[float, list[Call]]:
        """Return the time and a plugin's last calls, both on the recorder's axis."""
        return self._axis.now(), self.track(plugin).latest_calls()

    async def why(self, plugin: str) -> Why:
        """Tell what led to a plugin's last change of state.

        Raises:
            PluginNotFound: As `timeline` does.
            ManifestError: It never ran, because of its manifest; the faults are why.
        """
        log = None if self._logs is None else str(self._logs.path(plugin))
        timeline = await self.timeline(plugin)
        if not timeline:
            self._check(plugin)
        return explain(timeline, now_s=self._axis.now(), host=self._host, log_file=log)

    async def lines(self, plugin: str, *, level: int = 0, last: int = KEPT) -> tuple[LogLine, ...]:
        """Return the last lines of a plugin's log, of this level and above. Raises PluginNotFound."""
        found = (await self.timeline(plugin, kinds=("lines",))).lines
        return tuple(line for line in found if line.level >= level)[-max(0, last) :] if last > 0 else ()

    async def forget(self, plugin: str) -> int:
        """Remove what is recorded of a plugin that is gone, and its log; return how many files that was.

        Raises OSError.
        """
        async with self._writing:
            track = self.tracks.pop(PluginId(plugin), None)
            if track is not None:
                self._fresh.discard(track)
            if self._folder is None:
                return 0
            count = await anyio.to_thread.run_sync(self._folder.forget, plugin)
            if self._logs is not None:
                count += await anyio.to_thread.run_sync(self._logs.forget, plugin)
            return count

    @property
    def unwritten(self) -> int:
        """Times that a plugin's entries could not be written, while this host runs."""
        return 0 if self._writer is None else self._writer.unwritten

    # Its life.

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Begin to write. An earlier host's records are gone on with."""
        self._host = f"{os.getpid()}-{new_session_id()}"
        self._closing = False
        if not self._keeps:
            return
        recorder = RecorderFolder(folder)
        self._axis.begin_after(await anyio.to_thread.run_sync(recorder.last_write_s))
        self._folder = recorder
        if self._log_files.files > 0:
            self._logs = LogFolder(folder, self._log_files)
        self._writer = RecorderWriter(self._axis, recorder, self._logs)
        for track in self.tracks.values():
            track.keeps_log = self._logs is not None
        await self.analytics.open(folder)
        await self.logs.open(folder)
        tasks.start_soon(self._write_on)

    async def aclose(self) -> None:
        """Write what is left."""
        await self.flush()
        await self.analytics.save()
        writer, self._writer = self._writer, None
        if writer is not None:
            writer.close()

    def _wake(self, track: Track, at_once: bool) -> None:
        self._fresh.add(track)
        self._news.set()
        if at_once:
            self._at_once.set()

    async def _write_on(self) -> None:
        while True:
            # Tallies wait for longer than entries; while neither has news, nothing wakes up.
            with anyio.move_on_after(max(0.0, self.analytics.due_in_s())):
                await self._news.wait()
            if self._news.is_set():
                with anyio.move_on_after(WRITE_EVERY_S):
                    await self._at_once.wait()
                self._news, self._at_once = anyio.Event(), anyio.Event()
                await self.flush()
            if self.analytics.due_in_s() <= 0.0:
                await self.analytics.save()

    async def flush(self) -> None:
        """Write what is new, now. Whoever is cancelled meanwhile leaves the rest to the next time."""
        async with self._writing:
            if self._writer is None:
                return
            called = {track for track in self.tracks.values() if track.calls}
            fresh = [*(self._fresh | called)]
            for start in range(0, len(fresh), AT_ONCE):
                some = fresh[start : start + AT_ONCE]
                self._fresh.difference_update(some)
                batches = [(track, track.take()) for track in some]
                if any(batch.calls for _, batch in batches):
                    self.analytics.used()
                await self._writer.write(batches)
                await checkpoint()
