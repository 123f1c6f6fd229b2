"""`self.config`: the plugin's configuration, as it is now; a mapping that is never written to directly.

mode = self.config["mode"]
await self.config.set({"mode": "fast"})
"""

from collections.abc import Mapping
from typing import Any

from plugin_sdk.api.host import Link


class Config(dict[str, Any]):
    """The configuration. The host checks every change against the schema before it is kept."""

    def __init__(self, link: Link) -> None:
        super().__init__(link.config)
        self._link = link

    async def set(
        self, changes: Mapping[str, Any] | str, value: Any = None, *, expected_revision: int | None = None
    ) -> dict[str, Any]:
        """Change values, as a mapping or as one key (dotted into tables) and its value.

        Returns `revision` and `applied`: `live`, `restart` or `unchanged`. Raises RpcError:
        `invalid_configuration`, `configuration_refused`, `conflict`.
        """
        table: Any = changes
        if isinstance(changes, str):
            table = value
            for key in reversed(changes.split(".")):
                table = {key: table}
        params = {"changes": dict(table), "expected_revision": expected_revision}
        return await self._link.call_host("config.set", params)

    async def schema(self) -> dict[str, Any]:
        """Return the schema: the manifest's, and under it what was registered in code."""
        return await self._link.call_host("config.schema", {})

    async def register(self, schema: Mapping[str, Any]) -> None:
        """Describe settings in code: a JSON Schema, or a table of keys such as `{"mode": {"default": "x"}}`.

        Their defaults are in the configuration from then on. Raises RpcError: `invalid_params`,
        `invalid_configuration`.
        """
        values = await self._link.call_host("config.register", {"schema": dict(schema)})
        self._link.config = values
        self.renew(values)

    async def system(self, key: str = "") -> Any:
        """Return what the application publishes of its own; needs the permission `config:read`."""
        return await self._link.call_host("config.system", {"key": key})

    def renew(self, values: Mapping[str, Any]) -> None:
        """Take other values; the host's side of the plugin calls this."""
        super().clear()
        super().update(values)

    def _refuse(self, *_args: Any, **_options: Any) -> Any:
        raise TypeError("the configuration is changed by `await self.config.set({...})`")

    __setitem__: Any = _refuse
    __delitem__: Any = _refuse
    __ior__: Any = _refuse
    clear: Any = _refuse
    pop: Any = _refuse
    popitem: Any = _refuse
    setdefault: Any = _refuse
    update: Any = _refuse
