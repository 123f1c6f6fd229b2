"""When a schedule is due: a period on a grid, or a cron line in a time zone. Pure.

cronsim reads the lines: five fields. Where a change of summer time skips an hour, what names that hour runs
once right after it; where an hour comes twice, it runs once. `* * * * *` and the like follow real time.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, tzinfo
from itertools import islice, takewhile
from typing import Final, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import tzlocal
from cronsim import CronSim, CronSimError

MAX_LINE_CHARS: Final = 200
MIN_PERIOD_S: Final = 0.1
MAX_PERIOD_S: Final = 366 * 86_400.0
FIELDS: Final = 5
MAX_COUNTED: Final = 500
"""Missed times of a line that are counted, besides the last ones."""

_ALLOWED: Final = {
    "minute": "0 to 59",
    "hour": "0 to 23",
    "day-of-month": "1 to 31 as far as the month has them, or L for its last day",
    "month": "1 to 12, or jan to dec",
    "day-of-week": "0 to 7, or sun to sat",
}
"""What each field may name; all take `*`, lists, ranges and steps too."""

_WINDOWS_S: Final = (3_600.0, 86_400.0, 31 * 86_400.0, 5 * 366 * 86_400.0)


class BadSchedule(Exception):
    """A schedule can't be one; the message says where and why, `allowed` what could stand there."""

    def __init__(self, found: str, allowed: str) -> None:
        super().__init__(f"{found}; allowed: {allowed}")
        self.allowed = allowed


class Rule(Protocol):
    """When something is due, as seconds since the epoch."""

    def after(self, moment_s: float, anchor_s: float) -> float:
        """Return when it is due next after a moment; `anchor_s` is when it was due once."""
        ...

    def between(self, after_s: float, until_s: float, most: int) -> tuple[int, list[float]]:
        """Return how often it was due after one moment up to another, and the last times, `most` at most."""
        ...


class Every:
    """Each `period_s` seconds."""

    def __init__(self, period_s: float) -> None:
        if not MIN_PERIOD_S <= period_s <= MAX_PERIOD_S:
            raise BadSchedule(f"every: found {period_s:g} s", f"{MIN_PERIOD_S} s to 366 days")
        self.period_s = period_s

    def after(self, moment_s: float, anchor_s: float) -> float:
        """Return the next point of the grid that the anchor is on."""
        steps = max(0, int((moment_s - anchor_s) // self.period_s)) + 1
        due = anchor_s + steps * self.period_s
        return due if due > moment_s else due + self.period_s

    def between(self, after_s: float, until_s: float, most: int) -> tuple[int, list[float]]:
        """Count the grid's points."""
        count = max(0, int((until_s - after_s) // self.period_s))
        return count, [after_s + step * self.period_s for step in range(max(1, count - most + 1), count + 1)]


class Cron:
    """When a cron line says, in a time zone."""

    def __init__(self, line: str, zone: tzinfo) -> None:
        if len(line) > MAX_LINE_CHARS or not line.isprintable():
            raise BadSchedule(f"cron: found {line[:50]!r}", f"at most {MAX_LINE_CHARS} characters")
        if len(line.split()) != FIELDS:
            raise BadSchedule(
                f"cron: found {line!r}", "five fields, minute hour day-of-month month day-of-week"
            )
        try:
            CronSim(line, datetime.now(zone))
        except (CronSimError, ValueError) as exc:
            what = str(exc)
            field = what[4:] if what.startswith("Bad ") else "line"
            named = _ALLOWED.get(field)
            allowed = f"{named} for the {field}" if named else "five fields such as 0 3 * * mon"
            raise BadSchedule(
                f"cron: {field}: found {line!r}, whose {field} can't be read", allowed
            ) from None
        self._line = line
        self._zone = zone

    def after(self, moment_s: float, anchor_s: float) -> float:
        """Return the next time that the line names."""
        return next(self._from(moment_s), float("inf"))

    def between(self, after_s: float, until_s: float, most: int) -> tuple[int, list[float]]:
        """Count the times that the line names, and no further than `MAX_COUNTED`."""
        last: list[float] = []
        start_s = after_s
        # The last ones are sought from the end, so that a week of minutes need not be gone through.
        for window_s in _WINDOWS_S:
            start_s = max(after_s, until_s - window_s)
            last = list(takewhile(lambda due: due <= until_s, self._from(start_s)))
            if start_s == after_s or len(last) >= most:
                break
        older = 0
        if start_s > after_s:
            before = takewhile(lambda due: due <= start_s, self._from(after_s))
            older = sum(1 for _ in islice(before, MAX_COUNTED))
        return older + len(last), last[-most:]

    def _from(self, moment_s: float) -> Iterator[float]:
        for due in CronSim(self._line, datetime.fromtimestamp(moment_s, UTC).astimezone(self._zone)):
            at_s = due.timestamp()
            if at_s > moment_s:
                yield at_s


def read_zone(name: str) -> tzinfo:
    """Return a time zone; the host's own for an empty name.

    Raises:
        BadSchedule: There is none of this name.
    """
    if not name:
        try:
            return tzlocal.get_localzone()
        except (ZoneInfoNotFoundError, ValueError, OSError):
            return UTC  # the host's zone is set to what is none; cron itself then takes UTC too
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise BadSchedule(f"tz: found {name[:100]!r}", "a time zone such as Europe/Berlin") from None


def read_rule(every_s: float | None, cron: str, tz: str) -> Rule:
    """Return when a schedule is due.

    Raises:
        BadSchedule: It can't be known.
    """
    if (every_s is None) == (not cron):
        raise BadSchedule("found both or none of every and cron", "either every or cron")
    if every_s is not None:
        if tz:
            raise BadSchedule("tz: found one beside every", "no time zone beside a period")
        return Every(every_s)
    return Cron(cron, read_zone(tz))
