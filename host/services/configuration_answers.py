"""Configuration answers: what people and programs may know of plugins' configurations. Changes nothing."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from host.errors import Fault, HostClosed
from host.services import configuration_layers as layering
from host.services.configuration_book import Book, Kept, Revision, as_json
from host.services.configuration_layers import Explained
from host.services.configuration_merge import merge
from host.services.configuration_preview import Preview, preview
from host.services.configuration_schema import Schema
from host.state import config_file
from host.state.database import Database


class ConfigurationAnswers:
    """What is known of all plugins of one host; `Configuration` changes it."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._database: Database | None = None

    def current(self, plugin: str) -> dict[str, Any]:
        """Return a plugin's configuration with its secrets, as it is given to the plugin itself."""
        return self._book.current(plugin)

    def schema(self, plugin: str) -> Schema:
        """Return the schema, to ask what it says of single values; `document` is the JSON Schema."""
        return self._book.schema_of(plugin)

    def get(self, plugin: str) -> dict[str, Any]:
        """Return a plugin's configuration as it may be shown: secrets as `•••`."""
        return self._book.schema_of(plugin).masked(self.current(plugin))

    def revision(self, plugin: str) -> int:
        """Return the number of the last change; 0 before the first."""
        return self._book.kept.get(plugin, Kept()).revision

    def explain(self, plugin: str) -> tuple[Explained, ...]:
        """Return every value with the layer that it comes from; secrets as `•••`."""
        schema = self._book.schema_of(plugin)
        self.current(plugin)
        return layering.explain(schema, self._book.layers(plugin, schema))

    def validate(self, plugin: str, changes: Mapping[str, Any]) -> tuple[Fault, ...]:
        """Return everything that is wrong with a change, and change nothing."""
        kept = self._book.kept.get(plugin, Kept())
        schema = self._book.schema_of(plugin)
        layer = as_json(plugin, merge(kept.values, self._book.unmasked(schema, changes, kept.values)))
        return tuple(self._book.check(schema, self._book.layers(plugin, schema, layer)))

    def preview(self, plugin: str, changes: Mapping[str, Any], unset: Sequence[str] = ()) -> Preview:
        """Tell what `change` would do, and change nothing."""
        return preview(self._book, plugin, changes, unset)

    async def history(self, plugin: str, limit: int = 50) -> tuple[Revision, ...]:
        """Return the latest changes, the last one first."""
        schema = self._book.schema_of(plugin)
        limit = max(1, min(limit, config_file.KEPT_REVISIONS))
        rows = await self._file().read(lambda connection: config_file.history(connection, plugin, limit + 1))
        values: list[Mapping[str, Any]] = [msgspec.json.decode(row.layer) for row in rows]
        return tuple(
            Revision(row.revision, row.at_s, row.who, layering.differences(schema, old, new))
            for row, new, old in zip(rows[:limit], values, [*values[1:], {}], strict=False)
        )

    def _file(self) -> Database:
        if self._database is None:
            raise HostClosed("the configuration is not open")
        return self._database
