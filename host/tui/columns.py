"""Columns: what a table shows of each row, how wide, how sorted, and what folds away where it is narrow."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from host.tui.ink import InkName

R = TypeVar("R")


class Cell(NamedTuple):
    """What stands in one place."""

    text: str
    ink: InkName = "plain"


@dataclass(frozen=True, slots=True)
class Column(Generic[R]):
    """One column of rows of type R."""

    key: str
    title: str
    width: int
    """Cells; the least of one that stretches."""
    cell: Callable[[R], Cell]
    order: Callable[[R], Any] | None = None
    """What it is sorted by; None if it can't be."""
    right: bool = False
    """Numbers stand at the right."""
    stretch: int = 0
    """Its share of the space that is left."""
    fold: int = 0
    """The highest one folds away first; 0 never does."""
    falling: bool = False
    """Sorted with the highest first, unless reversed."""
    meaning: str = ""
    """For the list of columns."""


GAP = 1
"""Cells between two columns."""


def fitted(columns: Sequence[Column[R]], width: int) -> list[tuple[Column[R], int]]:
    """Return the columns that have room and their widths; the others fold away."""
    kept = list(columns)
    while len(kept) > 1 and sum(c.width + GAP for c in kept) - GAP > width:
        folding = max(kept, key=lambda column: column.fold)
        if folding.fold == 0:
            break
        kept.remove(folding)
    left = width - (sum(c.width + GAP for c in kept) - GAP)
    shares = sum(column.stretch for column in kept)
    widths: list[tuple[Column[R], int]] = []
    for column in kept:
        extra = 0
        if column.stretch and left > 0:
            extra = left * column.stretch // shares
            left -= extra
            shares -= column.stretch
        widths.append((column, column.width + extra))
    return widths


def ordered(rows: Mapping[str, R], column: Column[R] | None, *, reverse: bool) -> list[str]:
    """Return keys in the order of a column; as they come where there is none, or it can't be sorted by."""
    keys = list(rows)
    if column is None or column.order is None:
        return keys[::-1] if reverse else keys
    order = column.order
    # What is unknown comes last either way; rows that are equal stand by their keys, and never swap.
    known = sorted(key for key in keys if order(rows[key]) is not None)
    known.sort(key=lambda key: order(rows[key]), reverse=column.falling is not reverse)
    return known + sorted(key for key in keys if order(rows[key]) is None)
