"""Dependencies: a list names plugins, a map names Python packages, two tables name both.

Owns the shapes and the ranges' normal form. Does not look at what is there: plugins are ordered where they
are loaded, packages compared by `host.manifest.requirements`.
"""

import re
import sys
from typing import Annotated, Final

from packaging.requirements import InvalidRequirement, Requirement
from pydantic import AfterValidator, BaseModel, ConfigDict, Discriminator, Field, PlainValidator, Tag

from host.manifest.faults import FaultList
from host.manifest.ranges import parse_range
from host.manifest.text_fields import IdText, RangeText, Text, check_id, clean_text

DEPENDENCIES_ALLOWED: Final = "a list of plugins' ids, or a map of Python packages to version ranges"
TAGS: Final = frozenset({"(list)", "(map)", "(tables)"})
"""Names of the shapes; they appear in pydantic's paths and must not in ours."""

_PLUGIN = re.compile(r"([A-Za-z0-9_-]+)\s*@?(.*)")


def _read_plugin(value: object) -> tuple[str, str]:
    """Read one list entry: an id, or an id with a range behind it."""
    if not isinstance(value, str):
        raise ValueError('a plugin\'s id, or an id and a range such as "reports >=1.2"')
    match = _PLUGIN.fullmatch(clean_text(value))
    if match is None:
        raise ValueError('a plugin\'s id, or an id and a range such as "reports >=1.2"')
    return check_id(match[1]), parse_range(match[2])


def _check_distribution(name: str) -> str:
    allowed = 'the name of a Python package, such as "requests" or "uvicorn[standard]"'
    try:
        requirement = Requirement(name)
    except InvalidRequirement:
        raise ValueError(allowed) from None
    if requirement.url or requirement.marker or requirement.specifier:
        raise ValueError(allowed)
    return name


PluginList = list[Annotated[tuple[str, str], PlainValidator(_read_plugin, json_schema_input_type=str)]]
PluginMap = dict[IdText, RangeText]
PackageMap = dict[Annotated[Text, AfterValidator(_check_distribution)], RangeText]


def _plugin_shape(value: object) -> str | None:
    return "(list)" if isinstance(value, list) else "(map)" if isinstance(value, dict) else None


Plugins = Annotated[
    Annotated[PluginList, Tag("(list)")] | Annotated[PluginMap, Tag("(map)")],
    Discriminator(
        _plugin_shape,
        custom_error_type="shape",
        custom_error_message="a list of plugins' ids, or a table of ids and ranges",
    ),
]


class Tables(BaseModel, frozen=True):
    """`[dependencies.plugins]` and `[dependencies.packages]`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    plugins: Plugins = Field(default_factory=dict[str, str])
    packages: PackageMap = Field(default_factory=dict[str, str])


def _shape(value: object) -> str | None:
    match value:
        case list():
            return "(list)"
        # A package may be called `plugins`; its range is a text, never a table.
        case {"plugins": dict() | list()} | {"packages": dict() | list()}:
            return "(tables)"
        case dict():
            return "(map)"
        case _:
            return None


Dependencies = Annotated[
    Annotated[PluginList, Tag("(list)")]
    | Annotated[Tables, Tag("(tables)")]
    | Annotated[PackageMap, Tag("(map)")],
    Discriminator(_shape, custom_error_type="shape", custom_error_message=DEPENDENCIES_ALLOWED),
]
"""What a manifest has under `dependencies`, in any of its shapes."""


def plugin_ranges(dependencies: list[tuple[str, str]] | Tables | dict[str, str]) -> dict[str, str]:
    """Return plugins' ids and ranges."""
    match dependencies:
        case list():
            return dict(dependencies)
        case Tables():
            return dict(dependencies.plugins)
        case dict():
            return {}


def package_ranges(
    dependencies: list[tuple[str, str]] | Tables | dict[str, str], faults: FaultList
) -> dict[str, str]:
    """Return Python packages and ranges; names of the standard library are dropped with a warning."""
    match dependencies:
        case list():
            return {}
        case Tables():
            packages = dependencies.packages
        case dict():
            packages = dependencies
    kept: dict[str, str] = {}
    for name, versions in packages.items():
        if name in sys.stdlib_module_names:
            faults.warn(f"dependencies.{name}: dropped: it is a module of Python itself")
        else:
            kept[name] = versions
    return kept
