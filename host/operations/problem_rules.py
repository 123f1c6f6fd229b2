"""Problem rules: what counts as a problem of a plugin, as pure functions. `ProblemBook` keeps what is found.

Every finding has figures for evidence and says what to do. Thresholds are constants with their reasons.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from host.facade.figures import many
from host.facade.rows import PluginRow, PromptRow
from host.facade.views import ExitFacts
from host.logs import clean
from host.operations.problem_book import Finding
from host.operations.rates import NO_RATE, Rate
from host.watchdog.limits import SOFT_SHARE
from protocol.sizes import format_size

CRASH_LOOP_RESTARTS: Final = 3
"""Restarts in 10 minutes; quarantine comes at 5 crashes in 5."""
GROWTH: Final = 0.2
"""Share by which memory has to have grown, step by step,"""
GROWTH_BYTES: Final = 16 * 1024 * 1024
"""and by this much,"""
GROWTH_STEPS: Final = 30
"""over so many measurements, ten seconds apart."""
SLOWER: Final = 4.0
"""Times as slow as over its whole session,"""
SLOW_S: Final = 0.05
"""and at least as slow as this, at the median,"""
SLOW_CALLS: Final = 20
"""over so many calls in the last minute."""
DENIED_S: Final = 600.0
"""Denials older than this are over."""


@dataclass(frozen=True, slots=True)
class Known:
    """What rules look at of one plugin."""

    row: PluginRow
    last_exit: ExitFacts | None = None
    rate: Rate = NO_RATE
    usual_p50_s: float | None = None
    """Over its session."""
    memory: Sequence[tuple[float, int]] = ()
    """Monotonic seconds and bytes, oldest first."""
    denied: Sequence[tuple[str, int, float]] = ()
    """Permission, how often it was missing, and when last (seconds since the epoch)."""
    config_faults: Sequence[str] = ()
    lost_lines: int = 0
    lost_events: int = 0
    dead_letters: int = 0


def findings_of(known: Known, now_s: float) -> Iterator[Finding]:
    """Yield what is wrong with one plugin; `now_s` since the epoch."""
    row = known.row
    if row.manifest_faults:
        yield Finding(
            "manifest",
            row.id,
            "error",
            f"its manifest has {many(len(row.manifest_faults), 'fault')}",
            row.manifest_faults[:20],
            "mend it, see `plughost validate`, then rescan",
            "host_rescan",
            lingers=False,
        )
        return
    yield from _of_state(known)
    yield from _of_limits(known)
    rate, usual_s = known.rate, known.usual_p50_s
    if (
        rate.p50_s is not None
        and usual_s is not None
        and rate.calls >= SLOW_CALLS
        and rate.p50_s >= SLOW_S
        and rate.p50_s >= SLOWER * usual_s
    ):
        yield Finding(
            "slow",
            row.id,
            "warning",
            f"calls take {rate.p50_s / usual_s:.0f} times as long as usual",
            (
                f"median of the last minute {rate.p50_s * 1e3:.0f} ms over {rate.calls} calls",
                f"median of its whole session {usual_s * 1e3:.1f} ms",
            ),
            "see which method it is, and what it waits for; a restart forgets the session's median",
            "plugin_restart",
        )
    fresh = [one for one in known.denied if now_s - one[2] <= DENIED_S]
    if fresh:
        yield Finding(
            "denied",
            row.id,
            "warning",
            f"it was denied {clean(fresh[0][0])}" + (f" and {len(fresh) - 1} more" if len(fresh) > 1 else ""),
            tuple(f"{clean(name)}: denied {many(count, 'time')}" for name, count, _ in fresh[:10]),
            f"grant it (plughost perms grant {row.id} {clean(fresh[0][0])}), or mend the plugin",
        )
    if row.waiting_permissions:
        yield Finding(
            "consent",
            row.id,
            "warning",
            f"version {row.version} asks for more than the one before",
            row.waiting_permissions[:20],
            f"agree: plughost perms consent {row.id}; or decline",
            "permission_consent",
            lingers=False,
        )
    if known.config_faults:
        yield Finding(
            "configuration",
            row.id,
            "error",
            "it can't be started with its configuration",
            tuple(clean(fault) for fault in known.config_faults[:20]),
            f"mend it: plughost config set {row.id} KEY=VALUE",
            lingers=False,
        )
    if known.lost_lines or known.lost_events:
        yield Finding(
            "dropped",
            row.id,
            "warning",
            "log lines or events of it were dropped",
            tuple(
                text
                for count, text in (
                    (
                        known.lost_lines,
                        f"{many(known.lost_lines, 'log line')}: it logs faster than the host takes",
                    ),
                    (
                        known.lost_events,
                        f"{many(known.lost_events, 'event')}: it handles them slower than they come",
                    ),
                )
                if count
            ),
            "log less, or handle events faster; a durable subscription loses none",
            lingers=False,
        )
    if known.dead_letters:
        yield Finding(
            "dead_letters",
            row.id,
            "warning",
            f"{many(known.dead_letters, 'event')} could not be handled",
            ("each failed at every one of its tries",),
            f"mend the handler, then: plughost events redrive {row.id}",
            "event_redrive",
            lingers=False,
        )


def findings_of_prompts(prompts: Sequence[PromptRow]) -> Iterator[Finding]:
    """Yield which plugins ask something that nobody answered yet."""
    for plugin in dict.fromkeys(one.plugin for one in prompts):
        mine = [one for one in prompts if one.plugin == plugin]
        yield Finding(
            "prompt",
            plugin,
            "warning",
            f"it asks: {mine[0].title}" + (f", and {len(mine) - 1} more" if len(mine) > 1 else ""),
            tuple(line for one in mine for line in (one.title, *one.text.splitlines()) if line)[:20],
            f"answer it: plughost prompts answer {mine[0].id}; or dismiss it",
            "prompt_answer",
            lingers=False,
        )


def _of_state(known: Known) -> Iterator[Finding]:
    row, facts = known.row, known.last_exit
    evidence = tuple(
        clean(text)
        for text in (
            row.reason,
            "" if facts is None or facts.detail in row.reason else f"last end: {facts.cause}, {facts.detail}",
            f"{many(row.restarts, 'restart')} in the last 10 minutes" if row.restarts else "",
            *(() if facts is None else (f"stderr: {line}" for line in facts.stderr[-3:])),
        )
        if text
    )
    match row.state:
        case "quarantined":
            yield Finding(
                "crash_loop",
                row.id,
                "error",
                "it is in quarantine",
                evidence,
                "mend the package, or end the quarantine",
                "plugin_reset",
                lingers=False,
            )
        case "unresponsive":
            yield Finding(
                "unresponsive",
                row.id,
                "error",
                "it does not answer",
                evidence,
                "see its log for the stacks of its threads; it is restarted by itself",
                "plugin_restart",
            )
        case "error" if facts is not None and facts.cause in ("refused", "protocol_faults"):
            yield Finding(
                "handshake",
                row.id,
                "error",
                "it can't be loaded as it is",
                evidence,
                "mend what the evidence says, then start it",
                "plugin_start",
                lingers=False,
            )
        case "error" if not known.config_faults and not row.waiting_permissions:
            yield Finding(
                "failed",
                row.id,
                "error",
                "it does not run, and is not tried again",
                evidence,
                "mend what the evidence says, then start it",
                "plugin_start",
                lingers=False,
            )
        case _ if row.state == "backoff" or row.restarts >= CRASH_LOOP_RESTARTS:
            yield Finding(
                "crash_loop",
                row.id,
                "error" if row.restarts >= CRASH_LOOP_RESTARTS else "warning",
                f"it was restarted {many(row.restarts, 'time')} in 10 minutes"
                if row.restarts
                else "it crashed and is started again",
                evidence,
                f"see why: plughost why {row.id}",
                "plugin_restart",
            )
        case _:
            pass


def _of_limits(known: Known) -> Iterator[Finding]:
    row, facts = known.row, known.last_exit
    evidence: list[str] = []
    if row.throttled_to is not None:
        evidence.append(
            f"its CPU is throttled to {row.throttled_to:.0%}, the limit is {row.cpu_limit_cores:g} cores"
        )
    if row.memory_bytes is not None and row.memory_bytes >= SOFT_SHARE * row.memory_limit_bytes:
        evidence.append(
            f"it uses {format_size(row.memory_bytes)} of {format_size(row.memory_limit_bytes)} memory "
            f"({row.memory_basis})"
        )
    if facts is not None and facts.cause == "limit" and row.restarts:
        evidence.append(clean(facts.detail))
    if evidence:
        yield Finding(
            "limit",
            row.id,
            "warning",
            "it is at a limit",
            tuple(evidence),
            "mend what uses so much, or give it more in `limits` of its manifest",
        )
    steps = known.memory[-GROWTH_STEPS:]
    if len(steps) == GROWTH_STEPS:
        first, last = steps[0][1], steps[-1][1]
        thirds = [min(size for _, size in steps[start : start + 10]) for start in (0, 10, 20)]
        # The least of each third leaves out what comes and goes.
        if thirds[0] < thirds[1] < thirds[2] and thirds[2] - thirds[0] > max(GROWTH_BYTES, GROWTH * first):
            yield Finding(
                "memory_growth",
                row.id,
                "warning",
                "its memory grows and grows",
                (
                    f"from {format_size(first)} to {format_size(last)} in "
                    f"{(steps[-1][0] - steps[0][0]) / 60:.0f} minutes",
                ),
                "look for what it keeps; it is restarted at its limit",
                "plugin_restart",
            )
