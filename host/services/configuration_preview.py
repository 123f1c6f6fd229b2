"""Preview: what a change of a configuration would do, before it is made."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from host.errors import Fault
from host.services import configuration_layers as layering
from host.services.configuration_book import Book, Kept, as_json
from host.services.configuration_layers import Difference
from host.services.configuration_merge import merge
from host.services.configuration_schema import Schema


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be."""

    faults: tuple[Fault, ...]
    differences: tuple[Difference, ...]
    """Of the values in force; secrets as `•••`."""
    restarts: bool
    """Whether the schema says that the plugin has to be restarted for it."""


def changed_layer(
    book: Book, schema: Schema, old: Mapping[str, Any], changes: Mapping[str, Any], unset: Sequence[str]
) -> Mapping[str, Any]:
    """Return what would be set; `unset` holds dotted keys."""
    new: Mapping[str, Any] = merge(old, book.unmasked(schema, changes, old))
    for key in unset:
        new = layering.without(new, layering.path_of(schema, key))
    return new


def preview(book: Book, plugin: str, changes: Mapping[str, Any], unset: Sequence[str]) -> Preview:
    """Return what a change would do; nothing is changed."""
    schema = book.schema_of(plugin)
    old = book.kept.get(plugin, Kept()).values
    layers = book.layers(plugin, schema, as_json(plugin, changed_layer(book, schema, old, changes, unset)))
    before, after = book.current(plugin), layering.effective(layers)
    return Preview(
        tuple(book.check(schema, layers)),
        layering.differences(schema, before, after),
        schema.restarts(layering.changed(before, after)),
    )
