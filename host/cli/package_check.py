"""Package check: what a host holds against a package before any of its code runs, by the host's own rules.

Owns which of them can be known of a folder alone: what is set elsewhere may be anything. Of the code only the
names of its widgets are looked up.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from host.base_error import Fault
from host.devtools.findings import Finding
from host.devtools.handler_check import widgets_of
from host.devtools.source_tree import read_source
from host.manifest import Package
from host.manifest.package import DEFAULT_CONFIG
from host.manifest.schema_words import TYPES
from host.services.configuration_layers import Layer, at, effective, has
from host.services.configuration_schema import Schema
from host.services.declared import shown_by
from host.services.ui_rules import items_faults, standing_faults
from protocol.messages.provides import UiItem

_UNKNOWN: Final = "an unknown key"


def check_package(package: Package) -> Iterator[Finding]:
    """Yield what a host would refuse of a package in a folder."""
    yield from _of_configuration(package)
    for fault in _of_interface(package):
        yield Finding(package.file.name, 0, "fault", "interface", fault, "mend it, or take it out")


def _of_configuration(package: Package) -> Iterator[Finding]:
    """Yield which default values the manifest's own schema does not allow."""
    schema = Schema(package.manifest.config_schema)
    written = package.config_defaults
    values = effective([Layer("default", schema.defaults()), Layer(DEFAULT_CONFIG, written)])
    for fault in schema.check(values, DEFAULT_CONFIG):
        path = tuple(fault.path.split(".")) if fault.path else ()
        is_own = bool(path) and has(written, path)
        # What a table lacks, the settings file or the environment may give.
        is_open = is_own and isinstance(at(written, path), Mapping) and not _counts_for_tables(fault)
        if is_own and not is_open:
            remedy = "correct the value, or the schema in the manifest"
            yield Finding(DEFAULT_CONFIG, 0, "fault", "configuration", _told(fault), remedy)


def _counts_for_tables(fault: Fault) -> bool:
    return fault.found == _UNKNOWN or set(fault.allowed.split(" or ")) <= set(TYPES)


def _told(fault: Fault) -> str:
    return f"{fault.path}: found {fault.found}; allowed: {fault.allowed}"


def _of_interface(package: Package) -> Iterator[str]:
    manifest, folder = package.manifest, package.folder

    def find(name: str) -> Path | None:
        path = folder / name
        return path if path.is_file() and path.resolve().is_relative_to(folder.resolve()) else None

    items = list(shown_by(manifest))
    if not manifest.has_program:
        yield from standing_faults(items, find)
        return
    widgets = widgets_of(package, read_source(folder))
    if widgets is None:  # what the items name may be a widget that nobody can read in the code
        items = [msgspec.structs.replace(one, data=_without_component(one)) for one in items]
    there = {one.name for one in items if one.kind == "widget"}
    items += [UiItem("widget", name) for name in sorted((widgets or frozenset()) - there)]
    yield from items_faults(items, find)


def _without_component(item: UiItem) -> dict[str, Any]:
    return {key: value for key, value in item.data.items() if key != "component"}
