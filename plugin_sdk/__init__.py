"""What a plugin's author imports: `Plugin`, decorators for its methods, and what a handler meets.

Names that not every plugin uses are imported when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from plugin_sdk.context import Context
from plugin_sdk.plugin import Plugin, method
from protocol.errors import PluginError, RpcError

if TYPE_CHECKING:
    from plugin_sdk.decorators.command import command
    from plugin_sdk.decorators.endpoint import endpoint
    from plugin_sdk.decorators.on import on
    from plugin_sdk.decorators.schedule import cron, every
    from plugin_sdk.decorators.widget import menu_item, widget
    from plugin_sdk.events import Event
    from plugin_sdk.http import HttpError, Request, Response
    from plugin_sdk.rate_limiter import RateLimiter
    from plugin_sdk.tick import Tick
    from protocol.filters import above, below, contains, equals, exists, not_equals, one_of, starts_with

_HOMES = {
    "Event": "plugin_sdk.events",
    "HttpError": "plugin_sdk.http",
    "RateLimiter": "plugin_sdk.rate_limiter",
    "Request": "plugin_sdk.http",
    "Response": "plugin_sdk.http",
    "Tick": "plugin_sdk.tick",
    "above": "protocol.filters",
    "below": "protocol.filters",
    "command": "plugin_sdk.decorators.command",
    "contains": "protocol.filters",
    "cron": "plugin_sdk.decorators.schedule",
    "endpoint": "plugin_sdk.decorators.endpoint",
    "equals": "protocol.filters",
    "every": "plugin_sdk.decorators.schedule",
    "exists": "protocol.filters",
    "menu_item": "plugin_sdk.decorators.widget",
    "not_equals": "protocol.filters",
    "on": "plugin_sdk.decorators.on",
    "one_of": "protocol.filters",
    "starts_with": "protocol.filters",
    "widget": "plugin_sdk.decorators.widget",
}

__all__ = [
    "Context",
    "Event",
    "HttpError",
    "Plugin",
    "PluginError",
    "RateLimiter",
    "Request",
    "Response",
    "RpcError",
    "Tick",
    "above",
    "below",
    "command",
    "contains",
    "cron",
    "endpoint",
    "equals",
    "every",
    "exists",
    "menu_item",
    "method",
    "not_equals",
    "on",
    "one_of",
    "starts_with",
    "widget",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
