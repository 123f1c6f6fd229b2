"""Callee: one function of an author's that the host calls by name: a method that bears a mark, or a function
that was registered in code.

Owns where the function is found once the plugin is loaded. How its arguments are made is its part's.
"""

import re
from collections.abc import Callable, Sequence
from types import MethodType
from typing import Any

from plugin_sdk.context import Context
from plugin_sdk.plugin import Plugin
from plugin_sdk.runtime.source import Source


class Callee:
    """One function."""

    __slots__ = ("_attribute", "_bound", "_source", "shape")

    def __init__(self, source: Source | None, attribute: str, function: Callable[..., Any] | None) -> None:
        self._source = source
        self._attribute = attribute
        self._bound = function
        if source is not None:
            # Bound to something, so that reading its signature leaves `self` out.
            function = MethodType(getattr(source.cls, attribute), object())
        assert function is not None
        self.shape: Callable[..., Any] = function
        """What its signature is read from."""

    @classmethod
    def of_method(cls, source: Source, attribute: str) -> "Callee":
        """Return the callee of a marked method; it can be called once it is bound."""
        return cls(source, attribute, None)

    @classmethod
    def of_function(cls, function: Callable[..., Any]) -> "Callee":
        """Return the callee of a function that is there already."""
        if not callable(function):
            raise TypeError(f"a handler is a function, not {type(function).__name__}")
        return cls(None, "", function)

    @property
    def where(self) -> str:
        """Name for messages."""
        if self._source is not None:
            return f"{self._source.cls.__name__}.{self._attribute}"
        return getattr(self.shape, "__qualname__", repr(self.shape))

    def bind(self) -> None:
        """Take the method of the instance, which is there by now."""
        if self._source is not None:
            self._bound = self._source.bound(self._attribute)

    @property
    def function(self) -> Callable[..., Any]:
        """The function, ready to be called."""
        assert self._bound is not None
        return self._bound


def callee_named(sources: Sequence[Source], name: str) -> "Callee | None":
    """Return the callee of the public method that a manifest names, with `_` for its signs, or None."""
    place = place_named(sources, name)
    if place is None:
        return None
    callee = Callee.of_method(*place)
    callee.bind()
    return callee


def place_named(sources: Sequence[Source], name: str) -> tuple[Source, str] | None:
    """Return where the public method is that a manifest names, as `method` or `Class.method`, or None."""
    owner, _, bare = name.rpartition(".")
    for wanted, found in (("", name), (owner, bare)):
        attribute = re.sub(r"[^a-zA-Z0-9_]", "_", found)
        if attribute.startswith("_") or hasattr(Plugin, attribute):
            continue
        for source in sources:
            if wanted in ("", source.cls.__name__) and callable(getattr(source.cls, attribute, None)):
                return source, attribute
    return None


def is_context(_parameter: object, annotation: object) -> bool:
    """Tell whether a parameter receives the call's context."""
    return annotation is Context
