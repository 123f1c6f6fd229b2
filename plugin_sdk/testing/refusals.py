"""Refusals: errors as a real host answers them, and what only some modes can do."""

from typing import Any

from protocol.errors import NAMES, RpcError


class NotInThisMode(Exception):
    """What a test asks for can't be done in this mode; the message says in which it can.

    With the pytest plugin the test is skipped, with the message as the reason.
    """


class NoHostToGoTo(NotInThisMode):
    """The mode needs a host, or the command plughost, and there is none: every test would be skipped."""


def refusal(code: int, message: str, *, remedy: str = "", **data: Any) -> RpcError:
    """Return an error answer in the form that the host's own errors have on the wire."""
    return RpcError(code, message, {"code": NAMES.get(code, "application_error"), "remedy": remedy, **data})
