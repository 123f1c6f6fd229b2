"""Choices: values of an embedding program that are one of a few words, or a table, and refused where not.

A word that is misspelt would otherwise be taken for another, and stop, open or forget what was not meant.
"""

from collections.abc import Iterable, Mapping
from typing import Final, cast

from host.base_error import PlughostError
from host.errors import InvalidParams

MAX_FOUND: Final = 100
"""Characters of what was found that an error shows."""


def check_word(
    place: str, value: object, allowed: Iterable[str], error: type[PlughostError] = InvalidParams
) -> None:
    """Raise `error` unless a value is one of these words."""
    words = tuple(allowed)
    if not (isinstance(value, str) and value in words):
        raise error(f"{place}: found {found(value)}; allowed: {', '.join(map(repr, words))}")


def check_table(place: str, value: object, error: type[PlughostError] = InvalidParams) -> None:
    """Raise `error` unless a value is a table with texts as keys."""
    if not isinstance(value, Mapping):
        raise error(f"{place}: found {found(value)}; allowed: a table")
    for key in cast("Mapping[object, object]", value):
        if not isinstance(key, str):
            raise error(f"{place}: found the key {found(key)}; allowed: texts as keys")


def found(value: object) -> str:
    """Return a value as an error shows it."""
    text = repr(value)
    return text if len(text) <= MAX_FOUND else f"{text[:MAX_FOUND]}…"
