"""JSON Schema of plugin.toml, by which editors complete and check it. Generated from the model."""

import json
from typing import Any, Final, cast

from host.manifest.reference.meanings import LIMITS, MEANINGS
from host.manifest.schema_words import DIALECT
from host.manifest.text_fields import THEME_SECTIONS
from host.manifest.toml_form import TomlForm
from protocol.interface import SLOTS
from protocol.manifest import ID_PATTERN

_BY_NAME: Final = ("topics", "commands")
"""Lists that may be written as tables by name."""


def editor_schema() -> str:
    """Return the schema as text."""
    schema: dict[str, Any] = TomlForm.model_json_schema()
    definitions = cast("dict[str, Any]", schema["$defs"])
    properties = cast("dict[str, Any]", schema["properties"])
    for key, meaning in MEANINGS.items():
        if key in properties:
            properties[key]["description"] = meaning.replace("`", "")
    for key, meaning in LIMITS.items():
        definitions["StrictLimits"]["properties"][key]["description"] = meaning.replace("`", "")
    properties["id"]["pattern"] = ID_PATTERN
    properties["theme"] = {
        "type": "object",
        "description": properties["theme"]["description"],
        "properties": {name: {} for name in THEME_SECTIONS},
        "additionalProperties": False,
    }
    topics = properties["topics"]
    topics["items"] = {"anyOf": [{"type": "string"}, topics["items"]]}
    for key in _BY_NAME:
        entry = properties[key]
        properties[key] = {
            "description": entry.pop("description"),
            "anyOf": [entry, {"type": "object", "additionalProperties": {"type": ["string", "object"]}}],
        }
    components = properties["ui_components"]
    components["additionalProperties"] = {"anyOf": [{"type": "string"}, components["additionalProperties"]]}
    for name in ("AskedUi", "AskedSection"):
        slot = cast("dict[str, Any]", definitions.get(name, {}).get("properties", {})).get("slot")
        if slot is not None:
            slot["enum"] = [*SLOTS, None] if "anyOf" in slot else [*SLOTS]
    document = {
        "$schema": DIALECT,
        "title": "plugin.toml",
        "description": "The manifest of a Plughost plugin.",
        **{key: value for key, value in schema.items() if key not in ("title", "description")},
    }
    return json.dumps(_without_noise(document), indent=2) + "\n"


def _without_noise(value: Any) -> Any:
    """Leave out the titles that pydantic makes of names, and nulls, which TOML does not have."""
    if isinstance(value, list):
        return [_without_noise(item) for item in cast("list[Any]", value)]
    if not isinstance(value, dict):
        return value
    table = cast("dict[str, Any]", value)
    kept = {
        key: _without_noise(item)
        for key, item in table.items()
        if not (key == "title" and isinstance(item, str) and item != "plugin.toml")
        and not (key == "default" and item is None)
    }
    choices = cast("list[Any]", kept.get("anyOf", []))
    rest = [choice for choice in choices if choice != {"type": "null"}]
    if len(rest) < len(choices):
        del kept["anyOf"]
        kept = rest[0] | kept if len(rest) == 1 else kept | {"anyOf": rest}
        if "enum" in kept:
            kept["enum"] = [item for item in cast("list[Any]", kept["enum"]) if item is not None]
    return kept
