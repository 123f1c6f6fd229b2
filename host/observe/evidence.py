"""Evidence: what the records before one moment say: the calls, the memory, the last lines, the stacks.

Each function returns sentences, none where the records say nothing. Pure.
"""

import re
from collections import Counter
from collections.abc import Sequence

from host.observe.entries import Call, End, LogLine, Timeline, Usage
from host.observe.wording import listed, outcome, plural, span
from host.watchdog.limits import SOFT_SHARE
from protocol.sizes import format_size

BEFORE_S = 60.0
"""How far back the calls before an end are looked at."""

TREND_S = 30.0
"""How far back memory is followed."""

SHOWN_CALLS = 3
SHOWN_LINES = 8

_GREW = 1.1
_AT_REST = 1.05
"""PSS moves by some percent when other processes come and go that share its pages."""
_FRAME = re.compile(r'File "([^"]+)", line (\d+),? in (\S+)')
_OURS = re.compile(r"/(plugin_sdk|protocol|asyncio)/|^<frozen")
_STACK = re.compile(r"(Current thread|Thread) 0x.*most recent call first|^Timeout|^\s+File \"")
_SLACK_S = 0.5
"""A call that the end failed is recorded a moment before or after it."""


def calls(timeline: Timeline, since_s: float, until_s: float) -> list[str]:
    """Tell of the calls before a moment, of one run."""
    since_s = max(since_s, until_s - BEFORE_S)
    some = [one for one in timeline.calls if one.ended_s >= since_s and one.at_s <= until_s + _SLACK_S]
    into = [one for one in some if one.into]
    if not some:
        return [f"No call went into it or out of it in the {span(until_s - since_s)} before."]
    sentences: list[str] = []
    cut = [one for one in into if abs(one.ended_s - until_s) <= _SLACK_S and one.code]
    if cut:
        names = listed([f"`{one.method}` (for {span(one.seconds)})" for one in cut[-SHOWN_CALLS:]])
        sentences.append(f"{names} {'was' if len(cut) == 1 else 'were'} under way and failed with it.")
    failed = Counter(f"{one.method}: {outcome(one.code)}" for one in into if one.code and one not in cut)
    summary = f"In the {span(until_s - since_s)} before, {plural(len(into), 'call')} went into it"
    if failed:
        kinds = listed([f"{count} x {what}" for what, count in failed.most_common(SHOWN_CALLS)])
        summary += f"; {sum(failed.values())} of them failed ({kinds})"
    if into:
        slowest = max(into, key=lambda one: one.seconds)
        summary += f"; the slowest was `{slowest.method}` with {span(slowest.seconds)}"
    sentences.append(f"{summary}.")
    recent = sorted(some, key=lambda one: one.at_s)[-SHOWN_CALLS:]
    sentences.append(f"The last calls: {listed([_call(one, until_s) for one in recent])}.")
    return sentences


def memory(
    timeline: Timeline, since_s: float, until_s: float, limit_bytes: int, end: End | None
) -> list[str]:
    """Tell how memory went before a moment, where it was near its limit or rising."""
    samples = [one for one in timeline.samples if since_s <= one.at_s <= until_s + _SLACK_S]
    peak = max(
        (end.peak_memory_bytes or 0) if end is not None else 0,
        max((one.memory_bytes for one in samples), default=0),
    )
    if not peak or not limit_bytes:
        return []
    share = peak / limit_bytes
    sentences: list[str] = []
    if len(samples) >= 2:
        last = samples[-1]
        recent = [one for one in samples if one.at_s >= last.at_s - TREND_S]
        lowest_bytes = min(one.memory_bytes for one in recent)
        # Where it began to rise: the time before, in which it was at rest, is no part of the rate.
        first = next(one for one in reversed(recent) if one.memory_bytes <= _AT_REST * lowest_bytes)
        if first.memory_bytes and last.memory_bytes > _GREW * first.memory_bytes and last.at_s > first.at_s:
            seconds = last.at_s - first.at_s
            rate = (last.memory_bytes - first.memory_bytes) / seconds
            sentences.append(
                f"Its memory rose from {format_size(first.memory_bytes)} to {format_size(last.memory_bytes)}"
                f" within {span(seconds)} ({format_size(int(rate))} a second)."
            )
    if share >= SOFT_SHARE or sentences:
        sentences.append(
            f"Its memory peaked at {format_size(peak)}, {share:.0%} of its limit of"
            f" {format_size(limit_bytes)}."
        )
    return sentences


def busy(timeline: Timeline, since_s: float, until_s: float, limit_cores: float) -> list[str]:
    """Tell of the processor, where it was used up or throttled."""
    samples = [one for one in timeline.samples if max(since_s, until_s - TREND_S) <= one.at_s <= until_s]
    known = [one.cpu_cores for one in samples if one.cpu_cores is not None]
    if not known:
        return []
    last = _last_throttled(samples)
    sentences: list[str] = []
    if limit_cores and known[-1] >= SOFT_SHARE * limit_cores:
        sentences.append(f"It used {known[-1]:.2f} cores, of {limit_cores:.2f} that it may use.")
    if last is not None:
        sentences.append(f"Its processor time was throttled to {last:.0%}.")
    return sentences


def lines(timeline: Timeline, since_s: float, until_s: float, end: End | None) -> list[str]:
    """Return the last lines of the plugin's own, before a moment; stderr's as the end holds them."""
    own = [
        one
        for one in timeline.lines
        if since_s <= one.at_s <= until_s + _SLACK_S and one.source in ("stderr", "log", "stdout")
    ]
    if end is not None and end.cause == "unresponsive":
        own = [one for one in own if not _STACK.search(one.text)]  # told by `stacks`
    found = [_line(one) for one in own[-SHOWN_LINES:]]
    if not found and end is not None and end.cause != "unresponsive":
        found = [line for line in end.stderr[-SHOWN_LINES:] if line.strip()]
    return found


def stacks(timeline: Timeline, since_s: float, until_s: float) -> list[str]:
    """Tell where a plugin hung that wrote its stacks when the host asked for them."""
    frames: list[str] = []
    for one in timeline.lines:
        if since_s <= one.at_s <= until_s + _SLACK_S and one.source == "stderr":
            if "most recent call first" in one.text:
                frames = []
            elif (found := _FRAME.search(one.text)) is not None and not _OURS.search(found[1]):
                frames.append(f"`{found[3]}` ({found[1].rpartition('/')[2]}:{found[2]})")
    if not frames:
        return []
    called = f", called from {frames[1]}" if len(frames) > 1 else ""
    return [f"Its stacks, which the host had it write, show it in {frames[0]}{called}."]


def _call(one: Call, until_s: float) -> str:
    way = "" if one.into else " of the host"
    before = max(0.0, until_s - one.at_s)
    return f"`{one.method}`{way} {span(before)} before ({span(one.seconds)}, {outcome(one.code)})"


def _line(one: LogLine) -> str:
    return one.text if one.source == "stderr" else f"[{one.source}] {one.text}"


def _last_throttled(samples: Sequence[Usage]) -> float | None:
    return next((one.throttled_to for one in reversed(samples) if one.throttled_to is not None), None)
