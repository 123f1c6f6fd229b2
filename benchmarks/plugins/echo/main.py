"""The plugin of which many are started: one method that does nothing, as the peers' children have."""

from typing import Any

from plugin_sdk import Plugin, method


class Echo(Plugin):
    @method
    async def echo(self, value: Any) -> Any:
        return value
