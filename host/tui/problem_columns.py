"""Problem columns: how problems look in their table."""

import math
from typing import Final

from host.facade.figures import age
from host.facade.rows import ProblemRow
from host.tui.columns import Cell, Column
from host.tui.keys import VERB_KEYS
from host.tui.states import severity_glyph

Shown = tuple[ProblemRow, float]
"""A problem, and the time now."""


def fix_words(fix: str) -> str:
    """Return what a verb that mends does, in a word or two."""
    known = next((key.word for key in VERB_KEYS if key.verb == fix), "")
    bare = fix.removeprefix("plugin_").removeprefix("permission_").removeprefix("prompt_")
    return known or bare.replace("_", " ")


def _title(x: Shown) -> Cell:
    row = x[0]
    glyph, ink = severity_glyph(row.severity)
    return Cell(f"{glyph} {row.title}", "dim" if row.acknowledged or is_muted(x) else ink)


def is_muted(x: Shown) -> bool:
    """Return whether somebody muted it, and still does."""
    return x[0].muted_until_s is not None and x[0].muted_until_s > x[1]


def _standing(x: Shown) -> Cell:
    if is_muted(x):
        minutes = math.ceil(((x[0].muted_until_s or 0) - x[1]) / 60)
        return Cell(f"muted {minutes}m" if minutes < 600 else f"muted {minutes // 60}h", "dim")
    return Cell("seen", "dim") if x[0].acknowledged else Cell("new", "strong")


PROBLEM_COLUMNS: Final[tuple[Column[Shown], ...]] = (
    Column("title", "PROBLEM", 28, _title, lambda x: (x[0].severity != "error", x[0].title), stretch=2),
    Column("plugin", "PLUGIN", 14, lambda x: Cell(x[0].plugin or "host", "accent"), lambda x: x[0].plugin),
    Column(
        "since",
        "SINCE",
        6,
        lambda x: Cell(age(x[1] - x[0].since_s)),
        lambda x: x[1] - x[0].since_s,
        right=True,
    ),
    Column(
        "last",
        "LAST",
        6,
        lambda x: Cell(age(x[1] - x[0].last_s), "dim"),
        lambda x: x[1] - x[0].last_s,
        right=True,
        fold=3,
    ),
    Column(
        "count",
        "TIMES",
        5,
        lambda x: Cell(str(x[0].count)),
        lambda x: x[0].count,
        right=True,
        falling=True,
        fold=2,
    ),
    Column("standing", "STANDING", 11, _standing, lambda x: (x[0].acknowledged, is_muted(x))),
    Column(
        "fix",
        "FIX",
        14,
        lambda x: Cell(fix_words(x[0].fix) or "–", "good" if x[0].fix else "dim"),
        None,
        fold=1,
    ),
    Column("remedy", "REMEDY", 14, lambda x: Cell(x[0].remedy, "dim"), None, stretch=1, fold=4),
)
