"""Fulfilment: that a plugin has what its kind demands, and what follows from it: methods are published, scans
take part in hooks.

Imported only for kinds that demand something.
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from plugin_sdk.plugin import method
from plugin_sdk.runtime.callee import Callee
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.source import Source
from plugin_sdk.verdicts import Verdict, allow, deny
from protocol.errors import INVALID_RESULT, RpcError
from protocol.kinds import CALLED, SCANS
from protocol.messages.provides import HookHandler
from protocol.signatures import SignatureFault

_INTERFACE = ("register_routes", "register_gui_components")


def publish(kind: str, sources: Sequence[Source]) -> None:
    """Publish the methods of a kind. Raises SignatureFault naming the methods that are missing."""
    missing = [name for name in CALLED.get(kind, {}) if _owner(name, sources) is None]
    if missing:
        names = " and ".join(missing)
        raise SignatureFault(f"{_classes(sources)}: a plugin of type {kind} has to have {names}")
    if kind == "interface" and not any(_owner(name, sources) for name in _INTERFACE):
        raise SignatureFault(
            f"{_classes(sources)}: a plugin of type interface has to have {' or '.join(_INTERFACE)}"
        )
    for name in CALLED.get(kind, {}):
        source = _owner(name, sources)
        assert source is not None
        method(getattr(source.cls, name))


def join_hooks(kind: str, sources: Sequence[Source], link: Link) -> Mapping[str, Any]:
    """Let the scans of a security plugin take part in their hooks; return fields of `Provides`."""
    if kind != "security":
        return {}
    part = link.part("hooks")
    for name, hook in SCANS.items():
        source = _owner(name, sources)
        assert source is not None
        part.add(HookHandler(name, hook), Callee.of_method(source, name), _as_verdict)
    return part.provides()


def _as_verdict(result: Any) -> Verdict:
    """Read what a scan returned."""
    if isinstance(result, bool):
        return allow() if result else deny("it is not safe")
    made: Any = msgspec.to_builtins(result)
    fields = cast("dict[str, Any]", made) if isinstance(made, dict) else {}
    safe = fields.get("safe")
    if not isinstance(safe, bool):
        raise RpcError(INVALID_RESULT, "a scan returns a mapping in which `safe` is true or false, or a bool")
    if safe:
        return allow(fields)
    threats: Any = fields.get("threats")
    named = ", ".join(str(one) for one in cast("list[Any]", threats)) if isinstance(threats, list) else ""
    return deny(str(fields.get("reason") or named or "it is not safe")[:500], fields)


def _owner(name: str, sources: Sequence[Source]) -> Source | None:
    """Return the class that has a method of its own by this name."""
    for source in sources:
        function = getattr(source.cls, name, None)
        if callable(function) and getattr(function, "__module__", "") != "plugin_sdk.kinds":
            return source
    return None


def _classes(sources: Sequence[Source]) -> str:
    return ", ".join(source.cls.__name__ for source in sources)
