"""The facade's methods as the control socket has them: names, parameters, results, read off the Protocol."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

import msgspec

from host.facade.facade import Facade, wire_name
from host.facade.queries import QUERIES
from host.facade.verbs import VERBS
from host.masking import MASK, known, masked
from protocol.errors import INVALID_PARAMS, RpcError
from protocol.signatures import Signature, read_signature


class FacadeMethod:
    """One of them."""

    def __init__(self, name: str) -> None:
        self.name = name
        """In the Protocol, such as `plugin_start`."""
        self.wire_name = wire_name(name)
        self.is_verb = name in VERBS
        self.signature = signature_of(getattr(Facade, name))


def facade_methods() -> Sequence[FacadeMethod]:
    """Return all queries and verbs."""
    return [FacadeMethod(name) for name in sorted(QUERIES | VERBS)]


def signature_of(function: Any) -> Signature:
    """Return how a method is called from JSON; whoever serves it is `self`."""
    return read_signature(function, inject=lambda name, _annotation: name == "self")


def as_object(params: bytes, names: Sequence[str]) -> dict[str, msgspec.Raw]:
    """Return params by name; those of an array are named in declared order.

    Raises:
        RpcError: `invalid_params`, where an array is too long.
    """
    if params[:1] == b"{":
        return msgspec.json.decode(params, type=dict[str, msgspec.Raw])
    values = msgspec.json.decode(params, type=list[msgspec.Raw])
    if len(values) > len(names):
        known = ", ".join(names) or "none"
        raise RpcError(INVALID_PARAMS, f"found {len(values)} parameters; there are {len(names)}: {known}")
    return dict(zip(names, values, strict=False))


_NEVER_SHOWN: Final[Mapping[str, frozenset[str]]] = {
    "config_set": frozenset({"changes"}),
    "storage_set": frozenset({"value"}),
    "hook_ask": frozenset({"value"}),
    "prompt_answer": frozenset({"values"}),
    "endpoint_request": frozenset({"query", "headers", "body"}),
}
"""Params whose values are a plugin's configuration or storage: nothing tells which of them are secret."""


_MAX_SHOWN: Final = 1_000


def shown(method: str, params: Mapping[str, msgspec.Raw]) -> dict[str, Any]:
    """Return params as the audit may show them: secrets masked, of one that is long its size."""
    found: dict[str, Any] = {}
    for name, raw in params.items():
        if len(raw) > _MAX_SHOWN:
            found[name] = f"{len(raw)} bytes"
            continue
        value: Any = masked(name, msgspec.json.decode(raw))
        if name in _NEVER_SHOWN.get(method, ()):
            value = dict.fromkeys(cast("dict[str, Any]", value), MASK) if isinstance(value, dict) else MASK
        found[name] = known.cleared_value(value)
    return found
