"""Track: one plugin's part of the flight recorder, as its runs write it.

Owns what is not on the disk yet: the last 500 entries of each kind, which is all there is where nothing is
written. Everything here runs on the event loop and costs a fraction of a microsecond for a call, a few for
the rest; files are the recorder's.
"""

import logging
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from host.ids import PluginId
from host.masking import known
from host.observe.axis import Axis
from host.observe.entries import KEPT, Call, LogLine, StateChange, Timeline, Usage
from host.observe.log_entry import LogEntry
from host.recording import CallRow
from host.watchdog.sample import Sample

STILL_S = 60.0
"""Seconds after which a sample is recorded although no figure moved."""

MEMORY_STEP = 0.01
"""Share by which memory has to move to be recorded."""

CPU_STEP_CORES = 0.01

MAX_METHOD_CHARS = 100
MAX_LINE_CHARS = 500
"""Longer lines are cut in the recorder; the log file has them whole."""

MAX_PENDING_CHARS = 1024 * 1024
"""Text that waits for the log file; what comes beyond it is counted as dropped."""

_encode = msgspec.json.Encoder(enc_hook=str).encode


@dataclass(slots=True)
class Batch:
    """What a track has for the disk."""

    calls: list[CallRow]
    samples: list[Usage]
    changes: list[StateChange]
    lines: list[LogLine]
    log: list[LogEntry]


class Track:
    """One plugin's."""

    def __init__(self, plugin: PluginId, axis: Axis, wake: Callable[["Track", bool], None]) -> None:
        """`wake(track, at_once)` is told that there is something for the disk."""
        self.plugin = plugin
        self._axis = axis
        self._wake = wake
        self.calls: deque[CallRow] = deque(maxlen=KEPT)
        self.counts: dict[str, int] = {}
        self.failures: dict[str, int] = {}
        self.mask: Callable[[str], str] = known.cleared
        self.level = logging.INFO
        self.heard: Callable[[PluginId, LogEntry], None] | None = None
        """Told of each line as it comes."""
        self.keeps_log = False
        """Whether there is a log file."""
        self.last_call_s: float | None = None
        """Start of the last call into it that went to the disk."""
        self.dropped = 0
        """Lines that did not get into the log file."""
        self._told = 0
        self.seen: object = None
        """The end that was recorded last."""
        self.recent: deque[CallRow] | None = None
        """The last calls, also those that went to the disk; kept once somebody asked."""
        self._samples: deque[Usage] | None = None
        self._changes: deque[StateChange] | None = None
        self._lines: deque[LogLine] | None = None
        self._log: list[LogEntry] = []
        self._log_chars = 0
        self._last: Usage | None = None
        self._still: tuple[float, Sample] | None = None
        """The latest sample that was not recorded, and when it was taken: where a move began."""

    @property
    def throttled_to(self) -> float | None:
        """Share of the time that it might run when it was last looked at; None if it was not throttled."""
        return None if self._last is None else self._last.throttled_to

    def served(self, inbound: Any, ended: float) -> None:
        """Take a call that came out of the plugin."""
        method: str = inbound.method
        if len(method) > MAX_METHOD_CHARS:
            method = method[:MAX_METHOD_CHARS]
        self.calls.append((inbound.began_s, False, method, ended - inbound.began_s, inbound.code))

    def sample(self, sample: Sample, throttled_to: float | None) -> None:
        """Take what it uses now; called about once a second."""
        last = self._last
        now_s = self._axis.now()
        moved = last is not None and abs(sample.rss_bytes - last.rss_bytes) > MEMORY_STEP * last.rss_bytes
        if (
            last is None
            or moved
            or last.threads != sample.threads
            or last.descriptors != sample.descriptors
            or last.children != sample.children
            or last.written_bytes != sample.written_bytes
            or abs((sample.cpu_cores or 0.0) - (last.cpu_cores or 0.0)) >= CPU_STEP_CORES
            or last.throttled_to != throttled_to
            or now_s - last.at_s >= STILL_S
        ):
            if self._samples is None:
                self._samples = deque(maxlen=KEPT)
            if moved and self._still is not None:  # or it would look as if memory had moved all that time
                self._samples.append(_usage(*self._still, throttled_to=self.throttled_to))
            self._still = None
            self._last = _usage(now_s, sample, throttled_to)
            self._samples.append(self._last)
            self._wake(self, False)
            return
        self._still = now_s, sample
        if self.calls:
            self._wake(self, False)

    def line(
        self, level: int, text: str, fields: Mapping[str, Any], *, source: str, exception: str = ""
    ) -> None:
        """Take a line of its log, masked and clean."""
        now_s = self._axis.now()
        if self._lines is None:
            self._lines = deque(maxlen=KEPT)
        shown = _json(fields) if fields else ""
        pairs = shown if source in ("log", "host") else ""
        self._lines.append(LogLine(now_s, level, source, _brief(text, pairs, exception)))
        if self.heard is not None:
            self.heard(self.plugin, LogEntry(now_s, level, source, text, fields, exception))
        if self.keeps_log:
            if self._log_chars > MAX_PENDING_CHARS:
                self.dropped += 1
            else:
                self._log_chars += len(text) + len(exception) + len(shown) + 100
                self._log.append(LogEntry(now_s, level, source, text, fields, exception))
        self._wake(self, False)

    def changed(self, change: StateChange) -> None:
        """Take a change of its state."""
        if self._changes is None:
            self._changes = deque(maxlen=KEPT)
        self._changes.append(change)
        self._last = self._still = None
        self._wake(self, True)

    def touch(self) -> None:
        """Have the writer look at it."""
        self._wake(self, False)

    def take(self) -> Batch:
        """Take what is for the disk out of memory."""
        if self.dropped > self._told:
            told = {"lines": self.dropped - self._told}
            self._told = self.dropped
            text = "lines were left out of this file"
            self._log.append(LogEntry(self._axis.now(), logging.WARNING, "host", text, told, ""))
        batch = Batch([*self.calls], _all(self._samples), _all(self._changes), _all(self._lines), self._log)
        if self.recent is not None:
            self.recent.extend(self.calls)
        self.calls.clear()
        self._samples = self._changes = self._lines = None
        self._log, self._log_chars = [], 0
        last = next((row[0] for row in reversed(batch.calls) if row[1]), None)
        if last is not None:
            self.last_call_s = self._axis.at(last)
        return batch

    def give_back(self, batch: Batch) -> None:
        """Keep what could not be written; lines of the log file are counted as dropped."""
        newer = [*self.calls]
        self.calls.clear()
        self.calls.extend([*batch.calls, *newer])
        self._samples = deque([*batch.samples, *(self._samples or ())], KEPT)
        self._changes = deque([*batch.changes, *(self._changes or ())], KEPT)
        self._lines = deque([*batch.lines, *(self._lines or ())], KEPT)
        self.dropped += len(batch.log)

    def latest_calls(self) -> list[Call]:
        """Return the last calls, as far as they are known since somebody asked first."""
        if self.recent is None:
            self.recent = deque(maxlen=KEPT)
        return placed([*self.recent, *self.calls][-KEPT:], self._axis)

    def called_at_s(self) -> float | None:
        """Return when a call into it began last."""
        last = next((row[0] for row in reversed(self.calls) if row[1]), None)
        return self.last_call_s if last is None else self._axis.at(last)

    def unwritten(self) -> Timeline:
        """Return what only memory has."""
        return Timeline(
            self.plugin,
            tuple(placed(self.calls, self._axis)),
            tuple(_all(self._samples)),
            tuple(_all(self._changes)),
            tuple(_all(self._lines)),
        )


def placed(rows: "deque[CallRow] | list[CallRow]", axis: Axis) -> list[Call]:
    """Return calls with their places on the axis."""
    at = axis.at
    return [Call(at(row[0]), row[1], row[2], row[3], row[4]) for row in [*rows]]


def _usage(at_s: float, sample: Sample, throttled_to: float | None) -> Usage:
    return Usage(
        at_s,
        None if sample.cpu_cores is None else round(sample.cpu_cores, 3),
        sample.rss_bytes,
        sample.pss_bytes,
        sample.threads,
        sample.descriptors,
        sample.children,
        sample.written_bytes,
        throttled_to,
    )


def _all(entries: "deque[Any] | None") -> list[Any]:
    return [] if entries is None else [*entries]


def _json(fields: Mapping[str, Any]) -> str:
    try:
        return _encode(fields).decode()
    except (TypeError, ValueError, RecursionError):
        return "(fields that can't be shown)"


def _brief(text: str, pairs: str, exception: str) -> str:
    if len(text) < MAX_LINE_CHARS and pairs:
        text = f"{text}  {pairs}"
    if exception:
        text = f"{text[: MAX_LINE_CHARS // 2]} | {exception.rsplit(chr(10), 1)[-1]}"
    return text[:MAX_LINE_CHARS]
