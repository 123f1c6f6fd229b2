"""`config.*` in memory: layers, revisions, and that a change is offered to the plugin before it is kept."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import msgspec

from plugin_sdk.testing.config_rules import faults_of
from plugin_sdk.testing.fake_storage import Function
from plugin_sdk.testing.plugin_folder import PluginFolder, defaults_of, properties_of
from plugin_sdk.testing.refusals import refusal
from protocol.errors import CONFIGURATION_REFUSED, CONFLICT, INVALID_CONFIGURATION
from protocol.messages.config import (
    ConfigChanged,
    ConfigGet,
    ConfigRegister,
    ConfigSet,
    Configure,
    Configured,
)

Ask = Callable[[str, Any], Awaitable[msgspec.Raw]]
"""Asks the plugin: a method and its parameters."""


class FakeConfig:
    """One plugin's configuration."""

    def __init__(self, folder: PluginFolder, ask: Ask) -> None:
        self._id = folder.id
        self._ask = ask
        self._schema = _as_schema(folder.schema or {})
        self._below: dict[str, Any] = dict(folder.defaults)
        self._set_values: dict[str, Any] = {}
        self.revision = 0
        self.live = False
        """Whether the plugin runs, and is asked about changes."""
        self.system: dict[str, Any] = {}
        """What the application publishes of its own."""

    @property
    def values(self) -> dict[str, Any]:
        """All of it, as it is now."""
        return merged(self._below, self._set_values)

    def functions(self) -> dict[str, Function]:
        """Return what answers each method."""
        return {
            "config.get": self._get,
            "config.set": self._set,
            "config.schema": self._get_schema,
            "config.register": self._register,
            "config.system": self._get_system,
        }

    def give(self, values: Mapping[str, Any]) -> None:
        """Lay values over the plugin's defaults, as an application's settings file does."""
        self._below = merged(self._below, values)

    def take_schema(self, schema: Mapping[str, Any]) -> None:
        """Take in settings that code describes; what the manifest says stays above them."""
        under = _as_schema(schema)
        over, below = properties_of(self._schema), properties_of(under)
        both = below | {name: below.get(name, {}) | rule for name, rule in over.items()}
        self._schema = under | self._schema | {"type": "object", "properties": both}
        self._below = merged(defaults_of(under), self._below)

    async def change(self, changes: Mapping[str, Any], expected: int | None = None) -> ConfigChanged:
        """Change values as the host does.

        Raises:
            RpcError: `conflict`, `invalid_configuration`, `configuration_refused`; nothing was changed.
        """
        if expected is not None and expected != self.revision:
            message = f"the configuration of {self._id!r} has revision {self.revision}, not {expected}"
            remedy = "read it again, and decide anew"
            raise refusal(CONFLICT, message, remedy=remedy, revision=self.revision)
        layer = merged(self._set_values, _spread(changes, properties_of(self._schema)))
        if layer == self._set_values:
            return ConfigChanged(self.revision, "unchanged")
        after = merged(self._below, layer)
        if faults := list(faults_of(self._schema, after)):
            count = "one fault" if len(faults) == 1 else f"{len(faults)} faults"
            lines = "".join(f"\n  {fault}" for fault in faults)
            raise refusal(
                INVALID_CONFIGURATION,
                f"the configuration of {self._id!r} has {count}:{lines}",
                remedy="mend each of them; nothing was saved",
                plugin=self._id,
            )
        applied = "next_start"
        if self.live and after != self.values:
            raw = await self._ask("plugin.configure", Configure(after, self.revision + 1))
            answer = msgspec.json.decode(raw, type=Configured)
            if not answer.success:
                raise refusal(
                    CONFIGURATION_REFUSED,
                    f"plugin {self._id!r} refuses this configuration: {answer.message}",
                    remedy="choose values that the plugin takes",
                    plugin=self._id,
                )
            applied = answer.applied
        self.revision += 1
        self._set_values = layer
        return ConfigChanged(self.revision, applied if after != self._below or self.live else "live")

    async def _get(self, asked: ConfigGet) -> Any:
        return _at(self.values, asked.key)

    async def _set(self, asked: ConfigSet) -> ConfigChanged:
        return await self.change(asked.changes, asked.expected_revision)

    async def _get_schema(self, _asked: Any) -> dict[str, Any]:
        return self._schema

    async def _register(self, asked: ConfigRegister) -> dict[str, Any]:
        self.take_schema(asked.schema)
        return self.values

    async def _get_system(self, asked: ConfigGet) -> Any:
        return _at(self.system, asked.key)


def merged(under: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """Return one table laid on another; tables in them are merged too."""
    both = dict(under)
    for key, value in over.items():
        below: Any = both.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            value = merged(cast("Mapping[str, Any]", below), cast("Mapping[str, Any]", value))
        both[key] = value
    return both


def _spread(changes: Mapping[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """Return changes with dotted keys as tables, but for those that the schema names."""
    made: dict[str, Any] = {}
    for key, value in changes.items():
        path = key.split(".")
        if key in named or not all(path):
            path = [key]
        for part in reversed(path[1:]):
            value = {part: value}
        made = merged(made, {path[0]: value})
    return made


def _as_schema(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema, or a table of settings, as a schema of an object."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object"}
    if "properties" in written or isinstance(written.get("type"), str):
        return head | dict(written)
    return head | {"properties": properties_of(written)}


def _at(values: Any, key: str) -> Any:
    for part in filter(None, key.split(".")):
        if not isinstance(values, Mapping):
            return None
        values = cast("Mapping[str, Any]", values).get(part)
    return values
