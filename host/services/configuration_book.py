"""Book of all plugins' configurations: what was given and set, which schema holds, what it makes.

Decides nothing and talks to no plugin; `host.services.configuration` does.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, cast

import msgspec

from host.choices import check_table
from host.errors import Fault, InvalidParams
from host.facade import Joining, Loadable
from host.manifest import Package
from host.masking import MASK, known
from host.services import configuration_layers as layering
from host.services.configuration_layers import Difference, Layer
from host.services.configuration_merge import merge
from host.services.configuration_schema import Schema
from host.state import config_file
from host.state.config_file import Row
from host.state.database import Database

MAX_LAYER_BYTES: Final = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Plugins:
    """Where configuration finds its plugins."""

    ids: Callable[[], Iterable[str]]
    package: Callable[[str], Package]
    """Raises PluginNotFound."""
    session: Callable[[str], Joining | None]
    """The one that takes calls."""
    restart: Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Kept:
    """What was set of one plugin."""

    revision: int = 0
    values: Mapping[str, Any] = field(default_factory=dict[str, Any], repr=False)


@dataclass(frozen=True, slots=True)
class Revision:
    """One change, as history tells it."""

    revision: int
    at_s: float
    """Seconds since the epoch."""
    who: str
    changes: tuple[Difference, ...]
    """Secrets as `•••`."""


class Book:
    """Of one host."""

    def __init__(
        self, plugins: Plugins, given: Mapping[str, Mapping[str, Any]], environ: Mapping[str, str]
    ) -> None:
        self.plugins = plugins
        self.given = given
        """What the settings file says, by plugin."""
        self._environ = environ
        self.kept: dict[str, Kept] = {}
        """What was set, by plugin."""
        self.code: dict[str, Mapping[str, Any]] = {}
        """Schemas from code, by plugin."""

    def schema_of(self, plugin: str) -> Schema:
        """Return the schema: the manifest's, and under it that from code."""
        return Schema(self.plugins.package(plugin).manifest.config_schema, self.code.get(plugin))

    def current(self, plugin: str) -> dict[str, Any]:
        """Return a plugin's configuration with its secrets, as it is given to the plugin itself."""
        schema = self.schema_of(plugin)
        values = layering.effective(self.layers(plugin, schema))
        known.learn(schema.secrets(values))
        return values

    def given_to(self, package: Loadable, code: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return what a version of a plugin is given, whose code declares a schema."""
        plugin, schema = package.manifest.id, Schema(package.manifest.config_schema, code)
        values = layering.effective(self.layers(plugin, schema, package=package))
        known.learn(schema.secrets(values))
        return values

    async def keep(self, file: Database, plugin: str, kept: Kept, at_s: float, who: str) -> None:
        """Write what was set, and take it in once it is on the disk, also for a caller that is cancelled."""
        row = Row(kept.revision, at_s, who, msgspec.json.encode(kept.values))
        await file.see_through(
            lambda connection: config_file.append(connection, plugin, row),
            lambda _: self.kept.update({plugin: kept}),
        )

    async def forget(self, file: Database, plugin: str) -> int:
        """Delete what was set of a plugin, and its schema from code; return how many revisions there were."""
        counts: list[int] = []

        def gone(count: int) -> None:
            counts.append(count)
            self.kept.pop(plugin, None)
            self.code.pop(plugin, None)

        await file.see_through(lambda connection: config_file.forget(connection, plugin), gone)
        return counts[0]

    def layers(
        self,
        plugin: str,
        schema: Schema,
        layer: Mapping[str, Any] | None = None,
        given: Mapping[str, Mapping[str, Any]] | None = None,
        package: Loadable | None = None,
    ) -> list[Layer]:
        """Return all layers, the lowest first; `layer` and `given` in place of what was set and given.

        `package`: a version that may take over from the one that is in force.
        """
        package = self.plugins.package(plugin) if package is None else package
        if layer is None:
            layer = self.kept.get(plugin, Kept()).values
        return [
            Layer("default", schema.defaults()),
            Layer("config/default.json", package.config_defaults),
            Layer("file", (self.given if given is None else given).get(plugin, {})),
            *layering.environment(plugin, self.plugins.ids(), self._environ, schema),
            Layer("set", layer),
        ]

    def check(self, schema: Schema, layers: list[Layer]) -> list[Fault]:
        """Return everything in the layers that the schema does not allow, each with the layer it is in."""
        values = layering.effective(layers)
        known.learn(schema.secrets(values))
        faults = schema.check(values, "")
        return [
            _placed(fault, layering.origin(layers, tuple(fault.path.split(".")) if fault.path else ()))
            for fault in faults
        ]

    def unmasked(self, schema: Schema, changes: Mapping[str, Any], old: Mapping[str, Any]) -> dict[str, Any]:
        """Return the changes without `•••`, which a form sends back for a secret that it was not shown.

        Dotted keys become tables. Within a list nobody can tell which secret is meant, once the list is
        another one.

        Raises:
            InvalidParams: One stands where none can be kept; it would be saved in the secret's place.
        """
        plain: Any = msgspec.to_builtins(changes) if changes else {}
        check_table("the values that are set", plain)
        values = layering.spread(schema, plain)
        for path, value in [*layering.leaves(values)]:
            if isinstance(value, list) and _has_mask(value):
                before = layering.at(old, path)
                if schema.masked(before, path) != value:
                    raise InvalidParams(
                        f"{'.'.join(path)}: found {MASK} within a list that is changed",
                        remedy="give the list with all of its secrets; nothing was saved",
                    )
                values = merge(values, layering.nested(path, before))
            elif value == MASK:
                values = layering.without(values, path)
                if layering.has(old, path):
                    values = merge(values, layering.nested(path, layering.at(old, path)))
        return values


def _has_mask(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(map(_has_mask, cast("Mapping[str, Any]", value).values()))
    return any(map(_has_mask, cast("list[Any]", value))) if isinstance(value, list) else value == MASK


def _placed(fault: Fault, origin: str) -> Fault:
    return msgspec.structs.replace(fault, file=origin)


def as_json(plugin: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is left of values once they were JSON. Raises InvalidParams."""
    try:
        text = msgspec.json.encode(values)
    except (TypeError, ValueError, OverflowError, RecursionError) as exc:
        raise InvalidParams(f"the configuration of {plugin!r} can't be expressed in JSON: {exc}") from None
    if len(text) > MAX_LAYER_BYTES:
        raise InvalidParams(
            f"the configuration of {plugin!r} has {len(text)} bytes; {MAX_LAYER_BYTES} are allowed"
        )
    return cast("dict[str, Any]", msgspec.json.decode(text))
