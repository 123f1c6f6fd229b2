"""Recurrence: how a manifest writes when something is due again: a period, or a cron line in a time zone.

Owns the fields, so that each is told at its own place. What they mean is `host.cron`'s.
"""

from typing import Annotated

from pydantic import AfterValidator

from host.cron import BadSchedule, Every, read_rule, read_zone
from host.manifest.durations import Duration
from host.manifest.text_fields import Text


def check_recurrence(every_s: float | None, cron: str, tz: str) -> None:
    """Raise ValueError, which says what is allowed, for parts that are right and do not go together."""
    try:
        read_rule(every_s, cron, tz)
    except BadSchedule as exc:
        raise ValueError(exc.allowed) from None


def _check_line(text: str) -> str:
    if text:
        check_recurrence(None, text, "")
    return text


def _check_zone(text: str) -> str:
    try:
        read_zone(text)
    except BadSchedule as exc:
        raise ValueError(exc.allowed) from None
    return text


def _check_period(period_s: float) -> float:
    try:
        Every(period_s)
    except BadSchedule as exc:
        raise ValueError(exc.allowed) from None
    return period_s


CronLine = Annotated[Text, AfterValidator(_check_line)]
ZoneName = Annotated[Text, AfterValidator(_check_zone)]
Period = Annotated[Duration, AfterValidator(_check_period)]
