"""The plugin that is measured: one `async def` method that does nothing."""

from typing import Any

from plugin_sdk import Plugin, method


class Echo(Plugin):
    @method
    async def echo(self, value: Any) -> Any:
        return value
