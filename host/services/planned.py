"""Planned: one schedule of one session, and what became of its runs. Pure.

When it is due is its entry's in the agenda.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from host.cron import BadSchedule, read_rule
from host.facade import Joining
from host.ids import PluginId
from host.services.agenda import Entry
from protocol.messages.provides import MissedRuns, Schedule
from protocol.messages.schedule import ScheduleInfo

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}\Z")


@dataclass(frozen=True, slots=True)
class ScheduleView:
    """One schedule of a plugin that is loaded. Times are seconds since the epoch."""

    plugin: PluginId
    name: str
    when: str
    """`every 86400 s`, or `cron 0 3 * * * Europe/Berlin`."""
    missed_runs: MissedRuns
    next_run_s: float | None
    last_run_s: float | None
    last_error: str
    """What went wrong in the last run that ended; empty if it succeeded."""
    running: bool
    runs: int
    failures: int
    overlaps: int
    """Runs that were left out because the one before was still under way."""
    missed: int
    """Runs that were missed and not made up for."""


class Planned:
    """One schedule, and what became of it."""

    __slots__ = ("active", "declared", "entry", "failures", "last_error", "last_run_s", "runs", "session")

    def __init__(self, session: Joining, declared: Schedule, entry: Entry) -> None:
        self.session = session
        self.declared = declared
        self.entry = entry
        self.active = False
        self.runs = 0
        self.failures = 0
        self.last_run_s: float | None = None
        self.last_error = ""


def key_of(one: Planned) -> str:
    """Return the name under which it is remembered."""
    return f"{one.session.plugin} {one.declared.name}"


def when_of(declared: Schedule) -> str:
    """Return when it runs, for people."""
    if declared.every_s is not None:
        return f"every {declared.every_s:g} s"
    return f"cron {declared.cron} {declared.tz}".rstrip()


def schedule_fault(one: Schedule) -> str:
    """Return what is wrong with a schedule, or an empty text."""
    shown = repr(one.name[:100])
    if not _NAME.match(one.name):
        return f"schedule {shown}: name: allowed: 1 to 200 letters, digits, _, . and -"
    try:
        read_rule(one.every_s, one.cron, one.tz)
    except BadSchedule as exc:
        return f"schedule {shown}: {exc}"
    return ""


def view_of(one: Planned) -> ScheduleView:
    """Return it as it is now."""
    entry = one.entry
    next_s = entry.next_s if one.active and entry.next_s != float("inf") else None
    return ScheduleView(
        one.session.plugin,
        one.declared.name,
        when_of(one.declared),
        one.declared.missed,
        next_s,
        one.last_run_s,
        one.last_error,
        entry.busy,
        one.runs,
        one.failures,
        entry.overlaps,
        entry.missed,
    )


def views_of(planned: Iterable[Planned]) -> tuple[ScheduleView, ...]:
    """Return them as they are now, the next one first."""
    views = map(view_of, planned)
    return tuple(sorted(views, key=lambda one: (one.next_run_s or float("inf"), one.plugin, one.name)))


def info_of(one: ScheduleView) -> ScheduleInfo:
    """Return what the plugin itself is told of it."""
    return ScheduleInfo(
        one.name,
        one.when,
        one.next_run_s,
        one.last_run_s,
        one.last_error,
        one.runs,
        one.failures,
        one.overlaps,
        one.missed,
    )
