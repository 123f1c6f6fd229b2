"""Analytics: what plugins are used for: calls into each by method, actions that they track, errors, last use.

Calls are counted by the meter that times them anyway, so counting costs a call next to nothing. Owns the
tallies over restarts of plugins and of the host: one small file for each plugin, written each few seconds
while it is used. Of a tracked action an event `plugin_usage` is emitted, by whoever is handed in.
"""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import anyio
import anyio.to_thread
import msgspec

from host.errors import InvalidParams
from host.ids import PluginId
from host.masking import known
from host.observe.tally import ActionUsage, Tally, UsageStats
from host.recording import Track
from host.state.atomic import read_json, remove_leftovers, write_atomic

SAVE_EVERY_S = 5.0
"""Seconds between two writes of a plugin's tally."""

POPULAR = 10
"""Plugins that `popular` names."""

MAX_ACTIONS = 100
"""Actions of one plugin that are counted by name; the rest is counted together."""

MAX_ACTION_CHARS = 100
MAX_METADATA_BYTES = 4 * 1024
MAX_ERROR_CHARS = 500
OTHER = "(other)"

TOPIC = "plugin_usage"

Emit = Callable[[str, Mapping[str, Any]], object]

_encode = msgspec.json.Encoder().encode


class CountingTrack(Track, Protocol):
    """A track, as the analytics use it."""

    plugin: PluginId
    last_call_s: float | None

    def called_at_s(self) -> float | None:
        """Return when a call into it began last."""
        ...

    def touch(self) -> None:
        """Have the writer look at it."""
        ...


class Tracked(Protocol):
    """Where tracks are found."""

    def track(self, plugin: PluginId) -> CountingTrack:
        """Return a plugin's track."""
        ...


class Analytics:
    """The tallies of one host. `emit(topic, data)` may be set at any time; nobody hears events before."""

    def __init__(self, recorder: Tracked) -> None:
        self._recorder = recorder
        self.emit: Emit | None = None
        self._tracks: dict[str, CountingTrack] = {}
        self._tallies: dict[str, Tally] = {}
        self._written: dict[str, int] = {}
        """Invocations and errors at the last write, to see what has changed."""
        self._folder: Path | None = None
        self._due_s = math.inf
        self._saving = anyio.Lock()

    # For the embedder, and behind the gateway.

    def track(
        self,
        plugin: str,
        action: str,
        metadata: Mapping[str, Any] | None = None,
        *,
        failed: bool = False,
    ) -> None:
        """Count one use of a plugin, and emit it as `plugin_usage`.

        Raises:
            InvalidParams: The action's name or what comes with it can't be taken; nothing is counted.
        """
        kept = known.cleared_value(_checked(action, metadata or {}))
        action = known.cleared(action)
        track = self._recorder.track(PluginId(plugin))
        self.used()
        actions = self._tallies[plugin].actions
        name = action if action in actions or len(actions) < MAX_ACTIONS else OTHER
        usage = actions.setdefault(name, ActionUsage())
        usage.count += 1
        usage.errors += failed
        usage.last_used_s = time.time()
        usage.metadata = kept
        track.touch()
        if self.emit is not None:
            self.emit(
                TOPIC,
                {"plugin": plugin, "action": action, "timestamp": usage.last_used_s, "metadata": kept},
            )

    def track_error(self, plugin: str, error: object, action: str = "error") -> None:
        """Count an error of a plugin, with its text."""
        self.track(plugin, action, {"error": known.beginning(str(error), MAX_ERROR_CHARS)}, failed=True)

    def stats(self, plugin: str) -> UsageStats:
        """Return what a plugin was used for; all zero if it never was."""
        return self._stats(plugin, self._current(plugin))

    def all(self) -> tuple[UsageStats, ...]:
        """Return every plugin that was ever used, by id."""
        return tuple(
            stats
            for plugin in sorted(self._tallies)
            if (stats := self.stats(plugin)).invocations or stats.errors
        )

    def popular(self, count: int = POPULAR) -> list[tuple[str, int]]:
        """Return the plugins that were used most, with their invocations, the most used first."""
        ranked = sorted(self.all(), key=lambda stats: (-stats.invocations, stats.plugin))
        return [(stats.plugin, stats.invocations) for stats in ranked[: max(0, count)]]

    # For the recorder, which has the tracks and the writer.

    def begin(self, track: CountingTrack) -> None:
        """Take a new track in; it goes on from what is kept."""
        tally = self._tallies.setdefault(track.plugin, Tally())
        track.counts.update(tally.methods)
        track.failures.update(tally.failures)
        track.last_call_s = tally.last_call_s
        self._tracks[track.plugin] = track

    def due_in_s(self) -> float:
        """Return in how many seconds tallies are to be written; infinite if nothing has changed."""
        return self._due_s - time.monotonic()

    def used(self) -> None:
        """Know that some plugin was used since the tallies were written."""
        self._due_s = min(self._due_s, time.monotonic() + SAVE_EVERY_S)

    async def open(self, folder: Path) -> None:
        """Read what earlier hosts counted. A tally that can't be read begins anew."""
        self._folder = folder / "analytics"
        found = await anyio.to_thread.run_sync(_read, self._folder)
        for plugin, tally in found.items():
            self._tallies[plugin] = tally
            if (track := self._tracks.get(plugin)) is not None:
                for name, count in tally.methods.items():
                    track.counts[name] = track.counts.get(name, 0) + count
                for name, count in tally.failures.items():
                    track.failures[name] = track.failures.get(name, 0) + count
            self._written[plugin] = _mark(self._current(plugin))

    async def save(self) -> None:
        """Write the tallies that have changed. A disk that takes none loses nothing but a restart's count."""
        async with self._saving:  # the last text must not be overtaken by an older one
            folder = self._folder
            if folder is None:
                return
            self._due_s = math.inf
            changed = self._changed()
            if not changed:
                return
            done: list[str] = []
            try:
                with anyio.CancelScope(shield=True):
                    done = await anyio.to_thread.run_sync(
                        _write, folder, {plugin: data for plugin, (_, data) in changed.items()}
                    )
            finally:
                self._written.update({plugin: changed[plugin][0] for plugin in done})
                if len(done) < len(changed):
                    self.used()

    def _changed(self) -> dict[str, tuple[int, bytes]]:
        """Return the tallies that are not on the disk as they are, with their marks."""
        changed: dict[str, tuple[int, bytes]] = {}
        for plugin in self._tallies:
            tally = self._current(plugin)
            mark = _mark(tally)
            if mark and mark != self._written.get(plugin):
                changed[plugin] = (mark, _encode(tally))
        return changed

    async def forget(self, plugin: str) -> int:
        """Remove a plugin's tally; return 1 if there was one. Raises OSError."""
        async with self._saving:
            there = self.stats(plugin) != self._stats(plugin, Tally())
            self._tallies.pop(plugin, None)
            self._tracks.pop(plugin, None)
            self._written.pop(plugin, None)
            if self._folder is not None:
                await anyio.to_thread.run_sync(_path(self._folder, plugin).unlink, True)
            return int(there)

    def _current(self, plugin: str) -> Tally:
        """Return a plugin's tally with what its track has counted."""
        tally = self._tallies.get(plugin)
        if tally is None:
            return Tally()
        track = self._tracks.get(plugin)
        if track is not None:
            tally.methods = dict(track.counts)
            tally.failures = dict(track.failures)
            tally.last_call_s = track.called_at_s()
        return tally

    def _stats(self, plugin: str, tally: Tally) -> UsageStats:
        tracked = tally.actions.values()
        used = [one.last_used_s for one in tracked if one.last_used_s is not None]
        if tally.last_call_s is not None:
            used.append(tally.last_call_s)
        return UsageStats(
            plugin=plugin,
            invocations=sum(tally.methods.values()) + sum(one.count for one in tracked),
            errors=sum(tally.failures.values()) + sum(one.errors for one in tracked),
            last_used=max(used, default=None),
            methods=dict(tally.methods),
            failed_methods=dict(tally.failures),
            actions=dict(tally.actions),
        )


def _checked(action: object, metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata as it is kept."""
    if (
        not isinstance(action, str)
        or not action
        or len(action) > MAX_ACTION_CHARS
        or not action.isprintable()
    ):
        raise InvalidParams(
            "parameter 'action': expected a printable text of 1 to 100 characters",
            remedy="name what was done, such as 'export'; what differs each time belongs into the metadata",
        )
    try:
        text = _encode(metadata)
    except (TypeError, ValueError, OverflowError, RecursionError) as exc:
        raise InvalidParams(f"parameter 'metadata': it can't be expressed in JSON: {exc}") from None
    if len(text) > MAX_METADATA_BYTES:
        raise InvalidParams(
            f"parameter 'metadata': {len(text)} bytes; {MAX_METADATA_BYTES} are allowed",
            remedy="keep what is large elsewhere, and name it here",
        )
    return msgspec.json.decode(text, type=dict[str, Any])


def _mark(tally: Tally) -> int:
    tracked = tally.actions.values()
    return (
        sum(tally.methods.values())
        + sum(tally.failures.values())
        + sum(one.count + one.errors for one in tracked)
    )


def _path(folder: Path, plugin: str) -> Path:
    return folder / f"{plugin}.json"


def _read(folder: Path) -> dict[str, Tally]:
    folder.mkdir(mode=0o700, exist_ok=True)
    remove_leftovers(folder)
    found = {path.stem: read_json(path, Tally) for path in folder.glob("*.json")}
    return {plugin: tally for plugin, tally in found.items() if tally is not None}


def _write(folder: Path, tallies: Mapping[str, bytes]) -> list[str]:
    """Write tallies; return those that are on the disk."""
    done: list[str] = []
    for plugin, data in tallies.items():
        try:
            write_atomic(_path(folder, plugin), data, durable=False)
        except OSError:
            continue
        done.append(plugin)
    return done
