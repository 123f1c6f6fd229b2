"""Obituary: what one session leaves: when it lived, how it ended, and what is known about why.

Assembles the facts from what process, wire, stderr and watchdog know; they know nothing of each other.
"""

from collections.abc import Callable
from dataclasses import dataclass

from host.errors import PluginDied
from host.facade import ExitFacts
from host.ids import PluginId
from host.process.exit_status import ExitStatus
from host.process.launcher import PluginProcess
from host.supervision.ending import Ending
from host.supervision.output import Stderr
from host.supervision.restart import Cause
from host.supervision.vitals import Vitals
from protocol.outgoing import Outgoing

SHOWN_LINES = 5
"""Last lines of stderr that an error shows; the facts have all that were kept."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What a session leaves."""

    cause: Cause
    facts: ExitFacts
    healthy_s: float
    """How long it was active."""


class Obituary:
    """One session's, written while it lives."""

    def __init__(
        self,
        plugin: PluginId,
        process: PluginProcess,
        outgoing: Outgoing,
        stderr: Stderr,
        vitals: Vitals,
        ending: Ending,
        now: Callable[[], float],
    ) -> None:
        self._plugin = plugin
        self._process = process
        self._outgoing = outgoing
        self._stderr = stderr
        self._vitals = vitals
        self._ending = ending
        self._now = now
        self._born_s = now()
        self._active_s: float | None = None
        self._died_s: float | None = None

    @property
    def was_active(self) -> bool:
        """Whether it ever became active."""
        return self._active_s is not None

    def became_active(self) -> None:
        """Note that it is active from now on."""
        self._active_s = self._now()

    def process_ended(self) -> None:
        """Note that its process is gone; what follows is no part of its life."""
        self._died_s = self._now()

    def uptime_s(self) -> float:
        """Seconds from the spawn to its end, or to now."""
        return (self._died_s or self._now()) - self._born_s

    def ended(self, status: ExitStatus, survivors: tuple[int, ...]) -> Ended:
        """Return what the session leaves."""
        healthy_s = 0.0 if self._active_s is None else (self._died_s or self._now()) - self._active_s
        return Ended(self._ending.cause, self._facts(status, survivors), healthy_s)

    def died(self) -> PluginDied:
        """Return the error for one call that the end left without an answer."""
        exited = self._process.exited
        facts = self._facts(exited.result() if exited.done() else ExitStatus(), ())
        lines = facts.stderr[-SHOWN_LINES:]
        tail = "".join(f"\n  | {line}" for line in lines)
        last = f", last call {facts.last_method}" if facts.last_method else ""
        said = f"{facts.exit_text} after {facts.uptime_s:.1f} s{last}{tail}"
        remedy = ""
        if self._ending.cause is Cause.STOPPED:
            said = f"was stopped while the call waited; it {facts.exit_text}{tail}"
            remedy = "load it again where it should run: nobody does that by itself"
        elif self._ending.cause is Cause.HOST:
            said = f"was ended by its host while the call waited; it {facts.exit_text}{tail}"
            remedy = "see whether the host still runs; if it does, it starts the plugin again"
        return PluginDied(
            f"plugin {self._plugin!r} {said}",
            remedy=remedy,
            plugin=self._plugin,
            exit_code=facts.code,
            signal=facts.signal,
            uptime_s=facts.uptime_s,
            last_method=facts.last_method,
            stderr=lines,
        )

    def _facts(self, status: ExitStatus, survivors: tuple[int, ...]) -> ExitFacts:
        peak = max(status.peak_rss_bytes or 0, self._vitals.seen_rss_bytes())
        return ExitFacts(
            cause=self._ending.cause.value,
            detail=self._ending.detail,
            exit_text=str(status),
            code=status.code,
            signal=status.signal_name,
            uptime_s=self.uptime_s(),
            last_method=self._outgoing.last_method,
            peak_memory_bytes=peak or None,
            cpu_s=status.cpu_s,
            stderr=self._stderr.tail(),
            survivors=survivors,
        )
