"""Plugin detail: the few lines about the plugin under the cursor."""

from collections.abc import Sequence
from typing import Final

from host.facade.figures import age, count, many, percent, ratio, size, took
from host.facade.rows import PluginRow, ProblemRow
from host.tui.inked_lines import Parts, fitting
from host.tui.states import glyph_of, severity_glyph

FAILING_PCT = 1.0
"""A smaller share of calls that fail is nothing to speak of."""

_AT_REST: Final = {
    "running": "it is to run and does not",
    "stopped": "stopped on purpose",
    None: "not started",
}
"""What is said of a plugin that rests, by what is wanted of it."""


def title_of(row: PluginRow, now_s: float, width: int) -> Parts:
    """Return who it is and how it stands."""
    glyph, ink = glyph_of(row.state)
    groups: list[tuple[int, Parts]] = [
        (0, [(f" {row.id}", "strong"), (f" {row.version}", "dim")]),
        (0, [(f"{glyph} {row.state}", ink)]),
    ]
    if row.update:
        groups.append((2, [(f"↑ {row.update} waits", "accent")]))
    if row.retry_at_s is not None:
        groups.append((1, [(f"↻ tried again in {age(row.retry_at_s - now_s)}", "warn")]))
    elif row.started_at_s is not None:
        groups.append((3, [("up ", "dim"), (age(now_s - row.started_at_s), "plain")]))
    if row.name and row.name != row.id:
        groups.append((4, [(row.name, "plain")]))
    groups.append((5, [(row.type, "dim")]))
    if row.tags:
        groups.append((6, [(" ".join(f"#{tag}" for tag in row.tags), "dim")]))
    return fitting(groups, width)


def figures_of(row: PluginRow, width: int) -> Parts:
    """Return what it uses, against what it may."""
    cpu_limit = f"/{percent(row.cpu_limit_cores)}%" if row.cpu_limit_cores else "%"
    mem_limit = f"/{size(row.memory_limit_bytes)}" if row.memory_limit_bytes else ""
    throttled = row.throttled_to
    groups: list[tuple[int, Parts]] = [
        (0, [(" cpu ", "dim"), (f"{percent(row.cpu_cores)}{cpu_limit}", "plain")]),
        (
            0,
            [
                ("mem ", "dim"),
                (f"{size(row.memory_bytes)}{mem_limit}", "plain"),
                (f" {row.memory_basis or ''}", "dim"),
            ],
        ),
        (1, [("p50 ", "dim"), (took(row.p50_s), "plain"), (" p99 ", "dim"), (took(row.p99_s), "plain")]),
        (
            2,
            [
                ("calls ", "dim"),
                (count(row.calls), "plain"),
                (" errors ", "dim"),
                (count(row.errors), "plain"),
            ],
        ),
        (3, [("pid ", "dim"), (str(row.pid or "–"), "plain")]),
        (4, [("threads ", "dim"), (count(row.threads), "plain")]),
        (5, [("fds ", "dim"), (count(row.descriptors), "plain")]),
        (6, [("children ", "dim"), (count(row.children), "plain")]),
    ]
    if row.faults:
        groups.append((2, [("faults ", "dim"), (count(row.faults), "warn")]))
    if row.late:
        groups.append((3, [("late ", "dim"), (count(row.late), "warn")]))
    if throttled is not None:
        groups.append((0, [(f"▼ throttled to {throttled:.0%}", "warn")]))
    return fitting(groups, width)


def reason_of(row: PluginRow, problems: Sequence[ProblemRow]) -> Parts:
    """Return what is to be known next: a problem, a reason, or what it waits for."""
    if row.manifest_faults:
        return [(" ✖ manifest: ", "bad"), ("; ".join(row.manifest_faults), "plain")]
    if problems:
        first = problems[0]
        glyph, ink = severity_glyph(first.severity)
        more = f" (+{len(problems) - 1})" if len(problems) > 1 else ""
        return [(f" {glyph} {first.title}{more}: ", ink), (first.remedy or first.kind, "plain")]
    if row.reason:
        return [(f" {row.reason}", "plain")]
    if row.waiting_permissions:
        return [(" ▲ waits for consent to ", "warn"), (", ".join(row.waiting_permissions), "plain")]
    if not row.enabled:
        return [(" disabled; ", "dim"), ("d", "title"), (" enables it", "dim")]
    if row.state == "discovered":
        word = _AT_REST[row.wanted]
        return [(f" {word}; ", "warn" if row.wanted == "running" else "dim"), ("s", "title"),
                (" starts it", "dim")]  # fmt: skip
    lately = [
        many(row.restarts, "restart") + " in the last ten minutes" if row.restarts else "",
        f"{ratio(row.errors_pct)}% of the last minute's calls failed"
        if row.errors_pct >= FAILING_PCT
        else "",
        f"{many(row.faults, 'breach', 'breaches')} of the protocol" if row.faults else "",
    ]
    if any(lately):
        return [
            (" ▲ ", "warn"),
            ("; ".join(one for one in lately if one), "plain"),
            ("  l", "title"),
            (" logs", "dim"),
        ]
    return [(" all well" if row.state == "active" else f" {row.state}", "dim")]


def detail_of(row: PluginRow, problems: Sequence[ProblemRow], now_s: float, width: int) -> list[Parts]:
    """Return three lines: who, how much, what next."""
    lines: list[Parts] = [title_of(row, now_s, width), figures_of(row, width), reason_of(row, problems)]
    # The line with the reason must not be the one that folds away.
    return [lines[0], lines[2], lines[1]]
