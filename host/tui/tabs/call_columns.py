"""Call columns: how calls look in the table of a trace, and in which order they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from host.facade.figures import age, clock, count, size, took
from host.facade.tails import TraceRow
from host.tui.columns import Cell, Column


@dataclass(frozen=True, slots=True)
class Traced:
    """A call, and what is known beside it."""

    row: TraceRow
    depth: int
    children: int
    now_s: float


def _direction(x: Traced) -> Cell:
    return Cell("→ in", "accent") if x.row.direction == "in" else Cell("← out", "plain")


def _method(x: Traced) -> Cell:
    mark = {"stream": " ≈", "notification": " ·"}.get(x.row.kind, "")
    return Cell(f"{'  ' * (x.depth - 1)}{'└ ' if x.depth else ''}{x.row.method}{mark}", "strong")


def _status(x: Traced) -> Cell:
    row = x.row
    if row.kind == "notification":
        return Cell("· sent", "dim")
    if row.ended_s is None:
        return Cell("◐ open", "accent")
    return Cell("✓ ok", "good") if row.code == 0 else Cell(f"✖ {row.code}", "bad")


def _took(x: Traced) -> Cell:
    row = x.row
    if row.kind == "notification":
        return Cell("–", "dim")
    if row.ended_s is None:
        return Cell(age(x.now_s - row.at_s), "accent")
    return Cell(took(row.ended_s - row.at_s))


def seconds_of(x: Traced) -> float | None:
    """Return how long a call took; None while it is open."""
    return None if x.row.ended_s is None else x.row.ended_s - x.row.at_s


CALL_COLUMNS: Final[tuple[Column[Traced], ...]] = (
    Column(
        "time",
        "TIME",
        12,
        lambda x: Cell(clock(x.row.at_s, millis=True), "dim"),
        lambda x: x.row.at_s,
        falling=True,
    ),
    Column("dir", "DIR", 5, _direction, lambda x: x.row.direction),
    Column("method", "METHOD", 18, _method, lambda x: x.row.method, stretch=1),
    Column("id", "ID", 6, lambda x: Cell(x.row.id, "dim"), None, right=True, fold=5),
    Column("took", "TOOK", 6, _took, seconds_of, right=True, falling=True),
    Column(
        "sent",
        "SENT",
        5,
        lambda x: Cell(size(x.row.request_bytes)),
        lambda x: x.row.request_bytes,
        right=True,
        falling=True,
        fold=4,
    ),
    Column(
        "got",
        "GOT",
        5,
        lambda x: Cell(size(x.row.response_bytes)),
        lambda x: x.row.response_bytes,
        right=True,
        falling=True,
        fold=2,
    ),
    Column(
        "items",
        "ITEMS",
        5,
        lambda x: Cell(count(x.row.items) if x.row.kind == "stream" else ""),
        lambda x: x.row.items,
        right=True,
        falling=True,
        fold=6,
    ),
    Column(
        "children",
        "SUB",
        3,
        lambda x: Cell(str(x.children) if x.children else "", "dim"),
        lambda x: x.children,
        right=True,
        falling=True,
        fold=3,
    ),
    Column("status", "STATUS", 9, _status, lambda x: x.row.code, falling=False),
    Column("error", "ERROR", 12, lambda x: Cell(x.row.error, "bad"), None, stretch=1, fold=7),
)


def nested(calls: dict[str, TraceRow]) -> Iterable[tuple[TraceRow, int]]:
    """Return calls, the newest first, with those that serve one right below it in the order of time."""
    below: dict[str, list[TraceRow]] = {}
    for row in calls.values():
        if row.parent in calls:
            below.setdefault(row.parent, []).append(row)
    for row in calls.values():
        if row.parent not in calls:
            stack = [(row, 0)]
            while stack:
                at, depth = stack.pop()
                yield at, depth
                stack += [(child, depth + 1) for child in below.get(at.key, ())]
