"""Entries: what the flight recorder keeps of one plugin, as values and as lines of a file.

Four kinds on one axis: calls, samples, changes of state, and lines of the log. Owns their form; a line that
can't be read is passed over, for it may have been torn by a loss of power.
"""

from collections.abc import Iterable
from typing import Any, Literal, TypeVar

import msgspec

Kind = Literal["calls", "samples", "changes", "lines"]
KINDS: tuple[Kind, ...] = ("calls", "samples", "changes", "lines")

KEPT = 500
"""Entries of each kind that are kept of one plugin. Source: the flight recorder's promise."""


class Call(msgspec.Struct, frozen=True, array_like=True):
    """A call into the plugin, or out of it."""

    at_s: float
    """Its start, seconds since the epoch."""
    into: bool
    method: str
    seconds: float
    code: int
    """0, or that of the error it ended with."""

    @property
    def ended_s(self) -> float:
        """Its end."""
        return self.at_s + self.seconds


class Usage(msgspec.Struct, frozen=True, array_like=True):
    """What the plugin's processes used; recorded where a figure moved, and else once a minute.

    Where memory moved the sample before is recorded too, so that it is known when it began.
    """

    at_s: float
    cpu_cores: float | None
    rss_bytes: int
    pss_bytes: int | None
    threads: int
    descriptors: int
    children: int
    written_bytes: int
    throttled_to: float | None = None

    @property
    def memory_bytes(self) -> int:
        """PSS where it is known, else RSS."""
        return self.rss_bytes if self.pss_bytes is None else self.pss_bytes


class End(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a run ended; see `host.facade.ExitFacts`."""

    cause: str
    detail: str
    exit_text: str = ""
    code: int | None = None
    signal: str | None = None
    uptime_s: float = 0.0
    last_method: str = ""
    peak_memory_bytes: int | None = None
    cpu_s: float | None = None
    stderr: tuple[str, ...] = ()
    survivors: tuple[int, ...] = ()


class StateChange(msgspec.Struct, frozen=True, omit_defaults=True):
    """A change of state, with what was known of the plugin then."""

    at_s: float
    old: str
    new: str
    reason: str = ""
    host: str = ""
    """Names the run of the host."""
    pid: int | None = None
    version: str = ""
    enabled: bool = True
    wanted: str | None = None
    host_closing: bool = False
    retry_in_s: float | None = None
    restarts: int = 0
    """In the last 10 minutes."""
    memory_limit_bytes: int = 0
    cpu_limit_cores: float = 0.0
    end: End | None = None
    """Of the run that ended with this change."""


class LogLine(msgspec.Struct, frozen=True, array_like=True):
    """A line of the plugin's log: its own, of its stderr, or the host's about it."""

    at_s: float
    level: int
    source: str
    """`log stderr stdout host`."""
    text: str


Entry = Call | Usage | StateChange | LogLine

TYPES: dict[Kind, type[Any]] = {
    "calls": Call,
    "samples": Usage,
    "changes": StateChange,
    "lines": LogLine,
}

_T = TypeVar("_T")
_encode_lines = msgspec.json.Encoder().encode_lines


class Timeline(msgspec.Struct, frozen=True):
    """What is recorded of one plugin, each kind in order."""

    plugin: str
    calls: tuple[Call, ...] = ()
    samples: tuple[Usage, ...] = ()
    changes: tuple[StateChange, ...] = ()
    lines: tuple[LogLine, ...] = ()

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self.calls or self.samples or self.changes or self.lines)

    def merged(self) -> list[Entry]:
        """Return everything on one axis, the oldest first."""
        entries: list[Entry] = [*self.changes, *self.lines, *self.samples, *self.calls]
        return sorted(entries, key=lambda entry: entry.at_s)


def encode(entries: Iterable[Any]) -> bytes:
    """Return entries as lines."""
    return _encode_lines([*entries])


def decode(lines: Iterable[bytes], kind: type[_T]) -> list[_T]:
    """Read lines; those that can't be read are passed over."""
    decoder = msgspec.json.Decoder(kind)
    entries: list[_T] = []
    for line in lines:
        try:
            entries.append(decoder.decode(line))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            continue
    return entries
