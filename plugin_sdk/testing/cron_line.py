"""Cron lines, as far as a test in memory needs them: five fields, lists, ranges, steps and names. Pure.

The host reads more (`L`, the days around a change of summer time); `--plughost=process` has the host itself.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_FIELDS: Final = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day-of-month", 1, 31),
    ("month", 1, 12),
    ("day-of-week", 0, 7),
)
_MONTHS: Final = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS: Final = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_MAX_DAYS: Final = 366 * 5
"""How far ahead is looked; a line that names the 29th of February is due within it."""


class CronLine:
    """One line, in a time zone; UTC where none is named."""

    def __init__(self, line: str, tz: str = "") -> None:
        """Raises ValueError for a line or a zone that can't be read."""
        fields = line.split()
        if len(fields) != len(_FIELDS):
            raise ValueError(
                f"cron: found {line!r}; allowed: five fields, minute hour day-of-month month day-of-week"
            )
        read = [_field(text, *row) for text, row in zip(fields, _FIELDS, strict=True)]
        self._minutes, self._hours, self._days, self._months = (sorted(one) for one in read[:4])
        self._weekdays = {day % 7 for day in read[4]}
        self._any_day = fields[2].startswith("*")
        self._any_weekday = fields[4].startswith("*")
        self._zone = _zone(tz)

    def after(self, moment_s: float) -> float:
        """Return the next time that the line names, in seconds since the epoch; infinity if there is none."""
        start = datetime.fromtimestamp(moment_s, UTC).astimezone(self._zone)
        day = start.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None)
        for _ in range(_MAX_DAYS):
            if self._names(day):
                for hour in self._hours:
                    for minute in self._minutes:
                        at = day.replace(hour=hour, minute=minute, tzinfo=self._zone).timestamp()
                        if at > moment_s:
                            return at
            day += timedelta(days=1)
        return float("inf")

    def _names(self, day: datetime) -> bool:
        if day.month not in self._months:
            return False
        of_month, of_week = day.day in self._days, (day.weekday() + 1) % 7 in self._weekdays
        # Where both are restricted, either is enough: so do all crons.
        return (of_month or of_week) if not (self._any_day or self._any_weekday) else (of_month and of_week)


def _zone(name: str) -> tzinfo:
    if not name:
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"tz: found {name!r}; allowed: a time zone such as Europe/Berlin") from None


def _field(text: str, name: str, least: int, most: int) -> set[int]:
    found: set[int] = set()
    try:
        for part in text.lower().split(","):
            span, _, step_text = part.partition("/")
            step = int(step_text) if step_text else 1
            if span == "*":
                first, last = least, most
            else:
                low, dash, high = span.partition("-")
                first = _number(low, name)
                last = _number(high, name) if dash else (most if step_text else first)
            if step < 1 or not least <= first <= last <= most:
                raise ValueError
            found.update(range(first, last + 1, step))
    except ValueError:
        raise ValueError(
            f"cron: {name}: found {text!r}; allowed in memory: {least} to {most}, lists, ranges and steps; "
            "what else the host reads is tested by --plughost=process"
        ) from None
    return found


def _number(text: str, name: str) -> int:
    names = {"month": _MONTHS, "day-of-week": _DAYS}.get(name, [])
    if text in names:
        return names.index(text) + (1 if name == "month" else 0)
    return int(text)
