"""What a plugin's author imports: `Plugin`, `method`, and what a handler meets."""

from plugin_sdk.context import Context
from plugin_sdk.plugin import Plugin, method
from protocol.errors import PluginError, RpcError

__all__ = ["Context", "Plugin", "PluginError", "RpcError", "method"]
