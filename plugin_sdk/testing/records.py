"""What a fake host notes: calls that the plugin made, and what it said."""

from typing import Any

import msgspec


class HostCall(msgspec.Struct, frozen=True):
    """One request, stream or notification that the plugin sent to its host."""

    method: str
    params: dict[str, Any]
    """Without `_meta`."""


class EmittedEvent(msgspec.Struct, frozen=True):
    """One event that the plugin emitted and the host took."""

    topic: str
    """In full, such as `plugin.<id>.<event>`."""
    data: Any
    seq: int = 0


class Logged(msgspec.Struct, frozen=True):
    """One log line of the plugin."""

    level: str
    message: str
    data: dict[str, Any] = {}
    exception: str = ""


class HookOutcome(msgspec.Struct, frozen=True):
    """What the plugin's handlers of a hook said, together; true if it may happen."""

    allowed: bool
    value: Any
    """As the handlers left it."""
    reason: str = ""
    """Why not."""

    def __bool__(self) -> bool:
        """Whether it is allowed."""
        return self.allowed


class Answer(msgspec.Struct, frozen=True):
    """One HTTP answer of the plugin."""

    status: int
    headers: dict[str, str] = {}
    data: Any = None
    """The body: a JSON value, a text or bytes."""
