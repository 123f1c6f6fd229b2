"""What a plugin's author imports: `Plugin`, decorators for its methods, and what a handler meets.

Names that not every plugin uses are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from plugin_sdk.context import Context
from plugin_sdk.plugin import Plugin, method
from protocol.errors import PluginError, RpcError

if TYPE_CHECKING:
    from plugin_sdk.decorators.on import on
    from plugin_sdk.events import Event
    from plugin_sdk.rate_limiter import RateLimiter
    from protocol.filters import above, below, contains, equals, exists, not_equals, one_of, starts_with

_HOMES = {
    "RateLimiter": "plugin_sdk.rate_limiter",
    "Event": "plugin_sdk.events",
    "above": "protocol.filters",
    "below": "protocol.filters",
    "contains": "protocol.filters",
    "equals": "protocol.filters",
    "exists": "protocol.filters",
    "not_equals": "protocol.filters",
    "on": "plugin_sdk.decorators.on",
    "one_of": "protocol.filters",
    "starts_with": "protocol.filters",
}

__all__ = [
    "Context",
    "Event",
    "Plugin",
    "PluginError",
    "RateLimiter",
    "RpcError",
    "above",
    "below",
    "contains",
    "equals",
    "exists",
    "method",
    "not_equals",
    "on",
    "one_of",
    "starts_with",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
