"""Annotations, looked into: the classes that a value of an annotated type may hold, at any depth."""

import typing
from collections.abc import Iterator
from types import NoneType, UnionType
from typing import Any

import msgspec
import msgspec.inspect


def types_in(annotation: Any) -> Iterator[msgspec.inspect.Type]:
    """Yield what msgspec reads in an annotation, each once: itself, its arguments, the fields of its structs.

    Raises:
        Exception: msgspec can't read it; it has no one error for that.
    """
    seen: set[int] = set()
    queue: list[Any] = [msgspec.inspect.type_info(annotation)]
    while queue:
        one = queue.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, tuple | list):
            queue.extend(typing.cast("list[Any]", one))
        elif isinstance(one, msgspec.inspect.Type | msgspec.inspect.Field):
            queue.extend(getattr(one, name) for name in one.__struct_fields__)
            if isinstance(one, msgspec.inspect.Type):
                yield one


def bare(annotation: Any) -> Any:
    """Return the one class of `Annotated[X, ...]`, `X | None` and `Optional[X]`; others as they are."""
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    if origin is typing.Annotated:
        return bare(arguments[0])
    if origin in (typing.Union, UnionType):
        some = [one for one in arguments if one is not NoneType]
        return bare(some[0]) if len(some) == 1 else annotation
    return annotation
