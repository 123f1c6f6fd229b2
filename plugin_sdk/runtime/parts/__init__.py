"""Parts of a session, one per kind of thing that plugins provide: imported and made only where one is needed.

A part reads its marks at `plugin.initialize`, is bound before `on_load`, and answers the wire methods of its
row from then on.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from plugin_sdk.marks import is_taken, marks_of, own_bases
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
    "commands": Row("plugin_sdk.runtime.parts.commands", "CommandsPart", ("plugin.command",)),
    "contract": Row(
        "plugin_sdk.runtime.parts.contract",
        "ContractPart",
        ("plugin.health", "plugin.status"),
    ),
    "endpoints": Row("plugin_sdk.runtime.parts.endpoints", "EndpointsPart", ("plugin.endpoint",)),
    "hooks": Row("plugin_sdk.runtime.parts.hooks", "HooksPart", ("plugin.hook",)),
    "schedule": Row("plugin_sdk.runtime.parts.schedule", "SchedulePart", ("plugin.tick",)),
    "ui": Row("plugin_sdk.runtime.parts.ui", "UiPart", ("plugin.widget", "plugin.action")),
    "events": Row("plugin_sdk.runtime.parts.events", "EventsPart", ("plugin.events",), ("plugin.event",)),
}
"""Every part by the name that marks bear."""

ANSWERS = {
    "health": "on_health",
    "status": "on_status",
    "command": "on_command",
    "configure": "on_configure",
}
"""What an author may answer himself, and by which method."""

CONTROLS: dict[str, str] = {method: name for name, row in PARTS.items() for method in row.controls}
NOTIFICATIONS: dict[str, str] = {method: name for name, row in PARTS.items() for method in row.notifications}


LIFECYCLE = frozenset(
    {"on_load", "on_unload", "on_health", "on_status", "on_command", "on_configure", "on_cancel"}
)
"""Methods that look like handlers of events and are called for other reasons."""


def named_handlers(cls: type) -> list[str]:
    """Return the attributes that handle events by their names; what a decorator took does not."""
    names = {name: None for base in own_bases(cls) for name in vars(base) if _reads_so(name)}
    return [name for name in sorted(names) if _is_free(cls, name)]


def parts_of(cls: type) -> set[str]:
    """Return the parts that a class needs: those of its marks, and those that it names in `uses_parts`."""
    needed = {mark.part for _, mark in marks_of(cls)}
    for base in own_bases(cls):
        needed.update(vars(base).get("uses_parts", ()))
        if isinstance(vars(base).get("theme"), Mapping):
            needed.add("ui")
    if any(hasattr(cls, attribute) for attribute in ANSWERS.values()):
        needed.add("contract")
    if named_handlers(cls):
        needed.add("events")
    return needed


def _reads_so(name: str) -> bool:
    return name == "handle_event" or (name.startswith("on_") and len(name) > 3 and name not in LIFECYCLE)


def _is_free(cls: type, name: str) -> bool:
    """Tell whether no class of these says by a decorator what a method is for."""
    taken = any(is_taken(vars(base)[name]) for base in own_bases(cls) if name in vars(base))
    return not taken and callable(getattr(cls, name))
