"""Figures: how numbers and times are written for people: in few characters, and always the same.

A figure keeps its width while it moves, so that columns do not jitter. Unknown is a dash.
"""

import time
from collections.abc import Sequence
from typing import Final

UNKNOWN: Final = "–"
BARS: Final = " ▁▂▃▄▅▆▇█"


def percent(cores: float | None) -> str:
    """Return CPU in percent of one core: `0.4`, `12`, `340`."""
    return UNKNOWN if cores is None else ratio(cores * 100)


def ratio(value: float | None) -> str:
    """Return a number of percent without the sign."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return "0"
    if value < 0.05:
        return "<0.1"
    return f"{value:.1f}" if value < 9.95 else f"{value:.0f}"


def size(count: float | None) -> str:
    """Return bytes in at most 5 cells: `512B`, `9.5K`, `81M`, `1.2G`."""
    if count is None:
        return UNKNOWN
    value = float(count)
    for unit in "BKMGT":
        if value < 999.5 or unit == "T":
            return f"{value:.1f}{unit}" if value < 9.95 and unit != "B" else f"{value:.0f}{unit}"
        value /= 1024
    raise AssertionError("a loop ended that has an end")


def rate(per_s: float | None) -> str:
    """Return a rate in at most 5 cells: `0`, `0.4`, `12`, `3.4k`."""
    if per_s is None:
        return UNKNOWN
    if per_s < 0.05:
        return "0"
    if per_s < 9.95:
        return f"{per_s:.1f}"
    return count(round(per_s))


def count(number: int | None) -> str:
    """Return a number in at most 5 cells: `12`, `9999`, `12k`, `3.4M`."""
    if number is None:
        return UNKNOWN
    if number < 10_000:
        return str(number)
    value = float(number)
    for unit in "kMGT":
        value /= 1000
        if value < 999.5 or unit == "T":
            return f"{value:.1f}{unit}" if value < 9.95 else f"{value:.0f}{unit}"
    raise AssertionError("a loop ended that has an end")


def took(seconds: float | None) -> str:
    """Return how long something took, in at most 5 cells: `80µs`, `1.2ms`, `340ms`, `2.1s`, `3m`."""
    if seconds is None:
        return UNKNOWN
    if seconds < 0.0009995:
        return f"{max(seconds, 0) * 1e6:.0f}µs"
    if seconds < 0.00995:
        return f"{seconds * 1e3:.1f}ms"
    if seconds < 0.9995:
        return f"{seconds * 1e3:.0f}ms"
    if seconds < 9.95:
        return f"{seconds:.1f}s"
    return age(seconds)


def age(seconds: float | None) -> str:
    """Return an age or a time to go, in at most 6 cells: `12s`, `4m12s`, `3h07m`, `2d04h`, `340d`."""
    if seconds is None:
        return UNKNOWN
    left = int(max(seconds, 0))
    if left < 60:
        return f"{left}s"
    if left < 3600:
        return f"{left // 60}m{left % 60:02d}s"
    if left < 86400:
        return f"{left // 3600}h{left % 3600 // 60:02d}m"
    days = left // 86400
    return f"{days}d{left % 86400 // 3600:02d}h" if days < 100 else f"{days}d"


def clock(at_s: float, *, millis: bool = False) -> str:
    """Return a time of day, local."""
    text = time.strftime("%H:%M:%S", time.localtime(at_s))
    return f"{text}.{int(at_s * 1000) % 1000:03d}" if millis else text


def day(at_s: float) -> str:
    """Return a date and a time of day, local."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(at_s))


def spark(values: Sequence[float | None], width: int, top: float | None = None) -> str:
    """Return the last values as bars, the newest at the right; `top` is the height of a full one."""
    shown = list(values)[-width:]
    highest = top or max((value for value in shown if value is not None), default=0.0) or 1.0
    steps = len(BARS) - 1
    bars = (
        " " if value is None else BARS[max(1, min(steps, round(value / highest * steps)))] for value in shown
    )
    return "".join(bars).rjust(width)


def counted(number: int | None, one: str, more: str = "") -> str:
    """Return `1 call`, or `12k calls`: as `many`, in few cells."""
    return f"{count(number)} {one if number == 1 else more or one + 's'}"


def many(number: int, one: str, more: str = "") -> str:
    """Return `1 line` or `2 lines`."""
    return f"{number:,} {one if number == 1 else more or one + 's'}"
