"""Parts of a session, one per kind of thing that plugins provide: imported and made only where one is needed.

A part reads its marks at `plugin.initialize`, is bound before `on_load`, and answers the wire methods of its
row from then on.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from plugin_sdk.marks import marks_of
from plugin_sdk.runtime.source import Source
from protocol.incoming import Inbound

Control = Callable[[Inbound], Awaitable[Any]]


class Part(Protocol):
    """One kind of provided things; built as `Class(session)`."""

    @property
    def controls(self) -> Mapping[str, Control]:
        """What answers each wire method of its row."""
        ...

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Return fields of `Provides`. Raises SignatureFault for what can't be used, naming the method."""
        ...

    def bind(self, sources: Sequence[Source]) -> None:
        """Take the instances; called before `on_load`."""
        ...

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take a notification of its row."""
        ...

    async def stop(self) -> None:
        """Start nothing more, and let what is under way end; called before `on_unload`."""
        ...


class Row(msgspec.Struct, frozen=True):
    """Where a part is, and which wire methods are its."""

    module: str
    cls: str
    controls: tuple[str, ...] = ()
    notifications: tuple[str, ...] = ()


PARTS: dict[str, Row] = {
    "configuration": Row(
        "plugin_sdk.runtime.parts.configuration", "ConfigurationPart", controls=("plugin.configure",)
    ),
}
"""Every part by the name that marks bear."""

CONTROLS: dict[str, str] = {method: name for name, row in PARTS.items() for method in row.controls}
NOTIFICATIONS: dict[str, str] = {method: name for name, row in PARTS.items() for method in row.notifications}


def parts_of(cls: type) -> set[str]:
    """Return the parts that a class needs: those of its marks, and those that it names in `uses_parts`."""
    needed = {mark.part for _, mark in marks_of(cls)}
    for base in cls.__mro__:
        needed.update(vars(base).get("uses_parts", ()))
    return needed
