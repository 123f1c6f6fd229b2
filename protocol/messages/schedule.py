"""`schedule.*` and `plugin.tick`: what is called again and again."""

import msgspec

from protocol.messages.provides import MissedRuns


class TickCall(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `plugin.tick`."""

    schedule: str
    due: float
    """When it was due, in seconds since the epoch."""
    missed: int = 0
    """Runs that were missed since the last one, and are not made up for."""


class ScheduleRegister(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `schedule.register`: one of `every_s` and `cron`."""

    name: str
    every_s: float | None = None
    cron: str = ""
    tz: str = ""
    missed: MissedRuns = "skip"


class ScheduleName(msgspec.Struct, frozen=True):
    """Parameters of `schedule.unregister`."""

    name: str


class ScheduleInfo(msgspec.Struct, frozen=True):
    """One row of `schedule.list`. Times are seconds since the epoch."""

    name: str
    when: str
    """`every 86400 s`, or `cron 0 3 * * * Europe/Berlin`."""
    next_run: float | None
    last_run: float | None
    last_error: str
    runs: int
    failures: int
    overlaps: int
    """Times at which the run before was still under way."""
    missed: int
