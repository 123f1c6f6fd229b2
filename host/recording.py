"""Recording: how the supervision hands on what it sees of a plugin, without knowing the flight recorder."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from host.ids import PluginId

CallRow = tuple[float, bool, str, float, int]
"""One call: start by `time.perf_counter`, whether it went into the plugin, method, seconds, 0 or the code."""


class Track(Protocol):
    """One plugin's part of the flight recorder, kept over its runs. Nothing here waits or blocks."""

    calls: deque[CallRow]
    """The last calls; whoever makes or serves one appends it."""
    counts: dict[str, int]
    """Calls into it, by method."""
    failures: dict[str, int]
    """Of these, those that failed."""
    mask: Callable[[str], str]
    """Replaces what may not be shown in a text; as it is until somebody knows secrets."""
    level: int
    """Log lines below are left out, in the numbers of `logging`."""

    def served(self, inbound: Any, ended: float) -> None:
        """Take a call that came out of the plugin; `ended` by `time.perf_counter`."""
        ...

    def sample(self, sample: Any, throttled_to: float | None) -> None:
        """Take a sample of the watchdog's, and the share of the time that it may run, if throttled."""
        ...

    def line(
        self, level: int, text: str, fields: Mapping[str, Any], *, source: str, exception: str = ""
    ) -> None:
        """Take a line of its log, masked and clean. `source` is `log stderr stdout host`."""
        ...


class Tracks(Protocol):
    """Where each plugin's track is found."""

    def track(self, plugin: PluginId) -> Track:
        """Return a plugin's track, made at the first time."""
        ...
