"""What a hook's handler returns: `allow()`, `deny("reason")` or `replace(value)`; nothing is `allow()`."""

from collections.abc import Mapping
from typing import Any

from protocol.messages.hooks import HookAnswer as Verdict

__all__ = ["Verdict", "allow", "deny", "replace"]

_ALLOW = Verdict()


def allow(data: Mapping[str, Any] | None = None) -> Verdict:
    """Let it happen. `data` are details for whoever asked."""
    return _ALLOW if data is None else Verdict(data=dict(data))


def deny(reason: str, data: Mapping[str, Any] | None = None) -> Verdict:
    """Forbid it, and say why; no handler after this one is asked."""
    if not reason.strip():
        raise ValueError("a denial needs a reason")
    return Verdict("deny", reason, data=None if data is None else dict(data))


def replace(value: Any, data: Mapping[str, Any] | None = None) -> Verdict:
    """Let it happen with another value, which the handlers after this one see."""
    return Verdict("replace", value=value, data=None if data is None else dict(data))
