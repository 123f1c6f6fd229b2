"""What a plugin's author imports: `Plugin`, `method`, decorators, and what a handler meets.

What not every plugin uses is imported when it is first named.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from plugin_sdk.context import Context
from plugin_sdk.plugin import Plugin, method
from protocol.errors import PluginError, RpcError

if TYPE_CHECKING:
    from plugin_sdk.decorators.command import command
    from plugin_sdk.decorators.endpoint import endpoint
    from plugin_sdk.decorators.hook import hook
    from plugin_sdk.decorators.schedule import cron, every
    from plugin_sdk.decorators.widget import menu_item, widget
    from plugin_sdk.http import HttpError, Request, Response
    from plugin_sdk.tick import Tick
    from plugin_sdk.verdicts import allow, deny, replace

_HOMES = {
    "HttpError": "plugin_sdk.http",
    "Request": "plugin_sdk.http",
    "Response": "plugin_sdk.http",
    "Tick": "plugin_sdk.tick",
    "allow": "plugin_sdk.verdicts",
    "command": "plugin_sdk.decorators.command",
    "cron": "plugin_sdk.decorators.schedule",
    "deny": "plugin_sdk.verdicts",
    "endpoint": "plugin_sdk.decorators.endpoint",
    "every": "plugin_sdk.decorators.schedule",
    "hook": "plugin_sdk.decorators.hook",
    "menu_item": "plugin_sdk.decorators.widget",
    "replace": "plugin_sdk.verdicts",
    "widget": "plugin_sdk.decorators.widget",
}

__all__ = [
    "Context",
    "HttpError",
    "Plugin",
    "PluginError",
    "Request",
    "Response",
    "RpcError",
    "Tick",
    "allow",
    "command",
    "cron",
    "deny",
    "endpoint",
    "every",
    "hook",
    "menu_item",
    "method",
    "replace",
    "widget",
]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(home), name)
