"""Marks: what decorators leave on a plugin's methods, and how they are found again.

A mark is data; what it means is known by the part of the runtime that `part` names. Decorators are one file
each in `plugin_sdk.decorators`.
"""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar, TypeVar

import msgspec

_MARKS = "__plughost_marks__"
METHOD = "__plughost_method__"
"""What `@method` leaves."""

_F = TypeVar("_F", bound=Callable[..., Any])
_M = TypeVar("_M", bound="Mark")


class Mark(msgspec.Struct, frozen=True):
    """Base of all marks."""

    part: ClassVar[str]
    """Which part of the runtime takes it; see `plugin_sdk.runtime.parts`."""


BASES: set[type] = {object}
"""Classes that have nothing of an author's, `Plugin` among them. They are passed over: what is looked at in a
forked process is copied."""


def own_bases(cls: type) -> list[type]:
    """Return a class and what it derives from, as far as it may be an author's; the most basic first."""
    return [base for base in reversed(cls.__mro__) if base not in BASES]


def put_mark(function: _F, one: Mark) -> _F:
    """Add a mark to a function, behind those that it has."""
    setattr(function, _MARKS, (*getattr(function, _MARKS, ()), one))
    return function


def own_marks(function: object) -> tuple[Mark, ...]:
    """Return the marks that a function itself has."""
    return getattr(function, _MARKS, ())


def is_taken(function: object) -> bool:
    """Tell whether a decorator says what a function is for, so that its name does not."""
    return bool(getattr(function, _MARKS, ())) or hasattr(function, METHOD)


def marks_of(cls: type) -> Iterator[tuple[str, Mark]]:
    """Yield attribute and mark of everything that is marked in a class and those that it derives from.

    A method that overrides a marked one without marks of its own keeps the other's.
    """
    found: dict[str, tuple[Mark, ...]] = {}
    for base in own_bases(cls):
        for attribute, value in vars(base).items():
            marks: tuple[Mark, ...] = getattr(value, _MARKS, ())
            if marks:
                found[attribute] = marks
    for attribute, marks in found.items():
        for one in marks:
            yield attribute, one


def marked(cls: type, kind: type[_M]) -> Iterator[tuple[str, _M]]:
    """Yield attribute and mark of what bears this kind of mark."""
    for attribute, one in marks_of(cls):
        if isinstance(one, kind):
            yield attribute, one
