"""Source: one plugin class of a package and, once the plugin is loaded, its instance.

A package may have several entry points, each with a class of its own: each class becomes an instance of its
own in one process, and what they all provide is the plugin's.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from plugin_sdk.marks import Mark, marked
from plugin_sdk.plugin import Plugin

_M = TypeVar("_M", bound=Mark)


class Source:
    """One class, and its instance."""

    __slots__ = ("cls", "instance", "prefix")

    def __init__(self, cls: type[Plugin], prefix: str = "") -> None:
        self.cls = cls
        self.prefix = prefix
        """Goes before handlers' names, where there are several classes."""
        self.instance: Plugin | None = None

    def marked(self, kind: type[_M]) -> Iterator[tuple[str, str, _M]]:
        """Yield handler's name, attribute and mark of what bears this kind of mark."""
        for attribute, one in marked(self.cls, kind):
            yield self.prefix + attribute, attribute, one

    def bound(self, attribute: str) -> Callable[..., Any]:
        """Return a method of the instance, which must be there."""
        assert self.instance is not None
        return getattr(self.instance, attribute)


def sources_of(classes: Sequence[type[Plugin]]) -> tuple[Source, ...]:
    """Return a source for each class."""
    if len(classes) == 1:
        return (Source(classes[0]),)
    return tuple(Source(cls, f"{cls.__name__}.") for cls in classes)
