"""Plugins with a configuration, for its tests."""

from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]

SCHEMA = """
permissions = ["config:read"]
[config_schema]
type = "object"
additionalProperties = false
required = ["mode"]
[config_schema.properties.mode]
type = "string"
enum = ["slow", "fast", "odd"]
default = "slow"
[config_schema.properties.port]
type = "integer"
minimum = 1
x-restart = true
[config_schema.properties.name]
type = "string"
[config_schema.properties.token]
type = "string"
writeOnly = true
[config_schema.properties.deep]
type = "object"
properties.size = { type = "number", default = 1.5 }
properties.tags = { type = "array", items = { type = "string" } }
"""

CODE = """
import os

class Configured(Plugin):
    async def on_configure(self, config: dict[str, Any]) -> str | None:
        if config["mode"] == "odd":
            raise PluginError("odd is not for me")
        return "restart" if config.get("name") == "later" else None

    @method
    async def seen(self) -> dict[str, Any]:
        return self.config

    @method
    async def pid(self) -> int:
        return os.getpid()

    @method
    async def change(self, changes: dict[str, Any], revision: int | None = None) -> dict[str, Any]:
        return await self.config.set(changes, expected_revision=revision)

    @method
    async def register(self, schema: dict[str, Any]) -> Any:
        await self.config.register(schema)
        return [self.config, await self.config.schema()]

    @method
    async def system(self, key: str = "") -> Any:
        return await self.config.system(key)

    @method
    async def write(self) -> None:
        try:
            self.config["mode"] = "fast"
        except TypeError as exc:
            raise PluginError(str(exc))
"""
