"""Choices: which values are allowed where msgspec says only that one is not.

"Invalid enum value" names what was found and where; this adds what could have been. Looked up where an error
is told, never where a value is read.
"""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

import msgspec
import msgspec.inspect

MAX_SHOWN: Final = 20
"""Values that a sentence lists; how many more there are is said."""

_INVALID = re.compile(r"Invalid enum value .*?(?: - at `\$(?P<place>[^`]*)`)?\Z", re.DOTALL)
_STEP = re.compile(r"\.([^.\[\]]+)|\[(\d+|\.\.\.)\]")


def told(exc: Exception, annotation: Any) -> str:
    """Return what a decoder of `annotation` complained about, with the values that are allowed there."""
    text = str(exc)
    if found := allowed(text, annotation):
        return f"{text}; allowed: {found}"
    return text


def allowed(text: str, annotation: Any) -> str:
    """Return the values that are allowed at the place that a complaint names; empty if it is about others."""
    found = _INVALID.match(text)
    if found is None:
        return ""
    try:
        info = _info(annotation)
    except TypeError:  # an annotation that can't be hashed, or that msgspec does not know
        return ""
    values = list(dict.fromkeys(map(repr, _at(info, found["place"] or ""))))
    more = f" and {len(values) - MAX_SHOWN} more" if len(values) > MAX_SHOWN else ""
    return ", ".join(values[:MAX_SHOWN]) + more


@lru_cache(maxsize=256)
def _info(annotation: Any) -> Any:
    return msgspec.inspect.type_info(annotation)


def _at(info: Any, place: str) -> Iterator[Any]:
    kinds = [*_alternatives(info)]
    for step in _STEP.finditer(place):
        kinds = [inner for kind in kinds for below in _below(kind, step[1], step[2]) for inner in below]
    for kind in kinds:
        if isinstance(kind, msgspec.inspect.LiteralType):
            yield from kind.values
        elif isinstance(kind, msgspec.inspect.EnumType):
            yield from (one.value for one in kind.cls)


def _below(kind: Any, name: str | None, index: str | None) -> Iterator[list[Any]]:
    if name is not None:
        for field in getattr(kind, "fields", ()):
            if field.encode_name == name:
                yield _alternatives(field.type)
    elif isinstance(kind, msgspec.inspect.DictType):
        yield _alternatives(kind.value_type)
    elif isinstance(kind, msgspec.inspect.TupleType):
        if index is not None and index.isdigit() and int(index) < len(kind.item_types):
            yield _alternatives(kind.item_types[int(index)])
    elif hasattr(kind, "item_type"):
        yield _alternatives(kind.item_type)


def _alternatives(info: Any) -> list[Any]:
    if isinstance(info, msgspec.inspect.UnionType):
        return [inner for one in info.types for inner in _alternatives(one)]
    if isinstance(info, msgspec.inspect.Metadata):
        return _alternatives(info.type)
    return [info]
