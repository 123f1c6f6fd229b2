"""Registering in code: the part of the session learns of it first, then the host; both do or none."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from plugin_sdk.api.host import Link
from protocol.errors import INVALID_PARAMS, RpcError
from protocol.signatures import SignatureFault

_T = TypeVar("_T")


async def register(
    link: Link, method: str, add: Callable[[], _T], remove: Callable[[_T], object]
) -> tuple[_T, Any]:
    """Add what is declared, tell the host, and return both; take it back if the host refuses.

    Raises:
        RpcError: `invalid_params` if it can't be one; or what the host says.
    """
    try:
        declared = add()
    except SignatureFault as exc:
        raise RpcError(INVALID_PARAMS, str(exc)) from None
    try:
        return declared, await link.call_host(method, declared)
    except BaseException:
        remove(declared)
        raise


def given(options: Mapping[str, Any], name: str, what: str) -> Any:
    """Return an option of what is registered by one mapping. Raises TypeError if it is not there."""
    if name not in options:
        there = ", ".join(map(str, options)) or "nothing"
        raise TypeError(f"{what} needs {name!r}; the mapping has {there}")
    return options[name]
