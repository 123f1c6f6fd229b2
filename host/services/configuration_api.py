"""`config.*`: what a plugin may ask of its own configuration, and of its host's."""

from collections.abc import Mapping
from typing import Any

from host.errors import InvalidParams
from host.facade import Caller
from host.masking import masked
from host.routing.gateway import ApiGateway
from host.services import configuration_layers as layering
from host.services.configuration import Configuration
from protocol.messages.config import ConfigChanged


class ConfigurationApi:
    """The functions that plugins call. Whose configuration it is comes from the connection."""

    def __init__(self, configuration: Configuration, system: Mapping[str, Any]) -> None:
        """`system` is what the embedding program lets plugins know of itself."""
        self._configuration = configuration
        self._system: Any = masked("", system)

    def attach(self, gateway: ApiGateway) -> None:
        """Publish the functions to plugins."""
        for name in ("get", "set", "schema", "register", "system"):
            gateway.attach_builtin(f"config.{name}", getattr(self, name))

    async def get(self, caller: Caller, key: str = "") -> Any:
        """Return the plugin's own configuration, or one value of it; null if there is none."""
        return _at(self._configuration.current(caller.plugin), key)

    async def set(
        self, caller: Caller, changes: dict[str, Any], expected_revision: int | None = None
    ) -> ConfigChanged:
        """Change the plugin's own configuration."""
        return await self._configuration.set(
            caller.plugin, changes, by=f"plugin {caller.plugin}", expected_revision=expected_revision
        )

    async def schema(self, caller: Caller) -> dict[str, Any]:
        """Return the schema of the plugin's own configuration."""
        return self._configuration.schema(caller.plugin).document

    async def register(self, caller: Caller, schema: dict[str, Any]) -> dict[str, Any]:
        """Take in settings described in code; return the configuration with their defaults."""
        return self._configuration.register(caller.plugin, schema)

    async def system(self, key: str = "") -> Any:
        """Return what the application publishes of its own configuration; no secrets are in it."""
        return _at(self._system, key)


def _at(values: Any, key: str) -> Any:
    if len(key) > 1_000:
        raise InvalidParams("parameter 'key': at most 1000 characters")
    return layering.at(values, tuple(key.split("."))) if key else values
