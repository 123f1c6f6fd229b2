"""Refusals: errors as a real host answers them, and what only some modes can do."""

from typing import Any

from protocol.errors import NAMES, RpcError


class NotInThisMode(Exception):
    """What a test asks for can't be done in this mode; the message says in which it can."""


def refusal(code: int, message: str, *, remedy: str = "", **data: Any) -> RpcError:
    """Return an error answer in the form that the host's own errors have on the wire."""
    return RpcError(code, message, {"code": NAMES.get(code, "application_error"), "remedy": remedy, **data})
