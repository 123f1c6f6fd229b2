# What host.control.dispatch and its oracle test use of it.
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

class Result: ...

def Success(result: Any = None) -> Result: ...
def Error(code: int, message: str, data: Any = ...) -> Result: ...
def dispatch_to_serializable(
    request: str, methods: Mapping[str, Callable[..., Result]]
) -> dict[str, Any] | list[dict[str, Any]] | None: ...
async def async_dispatch_to_serializable(
    request: Any,
    methods: Mapping[str, Callable[..., Awaitable[Result]]],
    *,
    context: Any,
    deserializer: Callable[[Any], Any],
    validator: Callable[[Any], Any],
) -> dict[str, Any] | list[dict[str, Any]] | None: ...
