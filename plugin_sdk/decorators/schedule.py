"""`@every` and `@cron`: methods that are called again and again."""

from collections.abc import Callable
from typing import Any, ClassVar, Literal, TypeVar

from plugin_sdk.decorators.arguments import checked
from plugin_sdk.marks import Mark, put_mark

_F = TypeVar("_F", bound=Callable[..., Any])
Missed = Literal["skip", "once", "all"]


class ScheduleMark(Mark, frozen=True):
    """What a decorator was told; exactly one of `every_s` and `cron`."""

    part: ClassVar[str] = "schedule"
    every_s: float | None = None
    cron: str = ""
    tz: str = ""
    missed: Missed = "skip"


@checked("every(minutes=5)")
def every(
    *, seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0, missed: Missed = "skip"
) -> Callable[[_F], _F]:
    """Call a method each so many seconds, minutes, hours and days, which add up.

    `missed` says what is done about runs while the plugin did not run: none of them, one, or up to 10.
    """
    mark = ScheduleMark(every_s=period_s(seconds, minutes, hours, days), missed=missed)
    return lambda function: put_mark(function, mark)


@checked('cron("0 3 * * *")')
def cron(line: str, *, tz: str = "", missed: Missed = "skip") -> Callable[[_F], _F]:
    """Call a method when a cron line of five fields says, such as `0 3 * * *`.

    Times are those of `tz` (`Europe/Berlin`), or of the host's own zone.
    """
    return lambda function: put_mark(function, ScheduleMark(cron=line, tz=tz, missed=missed))


def period_s(seconds: float, minutes: float, hours: float, days: float) -> float:
    """Return a period in seconds."""
    return seconds + 60 * minutes + 3_600 * hours + 86_400 * days
