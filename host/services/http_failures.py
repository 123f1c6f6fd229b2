"""Which HTTP status stands for which error of the host."""

from typing import Any

from host.errors import (
    CallCycle,
    CallDepth,
    DeadlineExceeded,
    FrameTooLarge,
    InvalidResult,
    Overloaded,
    PlughostError,
    PluginDied,
    PluginIncident,
    StateError,
)
from host.services.http_values import Response, refusal


def failure(exc: PlughostError) -> Response:
    """Return the answer for a plugin that could not give one."""
    match exc:
        case StateError() | PluginDied():
            return refusal(503, exc.code, exc.message, retry_after_s=5)
        case Overloaded():
            return refusal(503, exc.code, exc.message, retry_after_s=1)
        case DeadlineExceeded():
            return refusal(504, exc.code, exc.message)
        case CallCycle() | CallDepth():
            return refusal(508, exc.code, exc.message)
        case FrameTooLarge():
            return refusal(413, exc.code, exc.message)
        case InvalidResult():
            return refusal(502, exc.code, exc.message)
        case PluginIncident():
            detail: Any = exc.data.get("detail")
            return refusal(500, exc.code, exc.message, detail=detail)
        case _:
            return refusal(500, exc.code, exc.message)
