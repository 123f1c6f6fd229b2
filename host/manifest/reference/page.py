"""docs/manifest.md: the reference of every key, generated from the model around a hand-written beginning."""

from collections.abc import Mapping
from typing import Any, Final, cast

from pydantic import BaseModel

from host.manifest.asked_limits import AskedLimits
from host.manifest.declared import DECLARED
from host.manifest.declared_ui import AskedSection, AskedUi
from host.manifest.manifest_json_form import ManifestJsonForm
from host.manifest.plugin_json_form import PluginJsonForm
from host.manifest.reference.introduction import CONFIGURATION, FORMS_TEXT, INTRODUCTION, PERMISSIONS, RANGES
from host.manifest.reference.meanings import LIMITS, MEANINGS
from host.manifest.schema_words import FORMATS, KEYWORDS
from host.manifest.toml_form import TomlForm
from protocol.interface import LEGACY_SLOTS, SLOTS
from protocol.manifest import Limits
from protocol.permissions import ACTIONS, SPELLINGS, parse_permission
from protocol.sizes import format_size

_FORMS: Final[tuple[tuple[str, type[BaseModel]], ...]] = (
    ("plugin.toml", TomlForm),
    ("plugin.json", PluginJsonForm),
    ("manifest.json, manifest.py, blob", ManifestJsonForm),
)
_SAME_AS: Final = frozenset({"entrypoints", "api_endpoints"})


def keys_of(model: type[BaseModel]) -> list[str]:
    """Return a form's keys as they are written."""
    return [field.alias or name for name, field in model.model_fields.items()]


def reference_page() -> str:
    """Return the page."""
    parts = [
        INTRODUCTION,
        FORMS_TEXT,
        "## Keys\n" + _keys_table(),
        "## Limits\n" + _limits_table(),
        "## Permissions\n" + PERMISSIONS + _permissions_table(),
        "## Versions\n" + RANGES,
        "## Configuration\n" + CONFIGURATION + _schema_words(),
        "## Declared contributions\nAn unknown key inside of one is a fault in every form. Each is as good as its "
        "decorator: `subscriptions` and `triggers` are `@on`, `hooks` are `@hook`, and where code says the same "
        "thing, the code counts. A method that is not there refuses the load and is named, all "
        "of them at once; `plughost validate` looks for them in the code. A durable "
        "subscription is fed, and a hook is in force, from discovery on; topics hold for what this plugin "
        "emits under them.\n",
    ]
    models = {key: model for key, model in DECLARED.items() if key not in _SAME_AS}
    for key, model in {**models, "ui": AskedUi}.items():
        parts.append(f"### {key}\n{model.__doc__}\n\n{_model_table(model)}")
    parts.append("## ui.yaml\n" + _ui_yaml())
    return "\n".join(part.strip() + "\n" for part in parts)


def _keys_table() -> str:
    rows = ["| key | type | default | meaning | known to |", "|---|---|---|---|---|"]
    for key, meaning in MEANINGS.items():
        known = [name for name, model in _FORMS if key in keys_of(model)]
        model = next(model for _, model in _FORMS if key in keys_of(model))
        kind, default = _type_and_default(model, key)
        where = "all" if len(known) == len(_FORMS) else ", ".join(known)
        rows.append(f"| `{key}` | {kind} | {default} | {meaning} | {where} |")
    return "\n".join(rows)


def _limits_table() -> str:
    own = Limits()
    defaults = {
        "memory": format_size(own.memory_bytes), "cpu": f"{own.cpu_cores:g}", "threads": f"{own.threads}",
        "descriptors": f"{own.descriptors}", "children": f"{own.children}", "file": format_size(own.file_bytes),
        "on_memory": own.on_memory, "on_cpu": own.on_cpu, "on_other": own.on_other,
    }  # fmt: skip
    rows = ["| key under `limits` | type | default | meaning |", "|---|---|---|---|"]
    for key, meaning in LIMITS.items():
        kind, _ = _type_and_default(AskedLimits, key)
        rows.append(f"| `{key}` | {kind} | {defaults.get(key, 'none')} | {meaning} |")
    return "\n".join(rows)


def _permissions_table() -> str:
    rows = ["| written | means |", "|---|---|", "| `sessions:read` | `sessions:read` |"]
    rows += [f"| `{text}` | `{parse_permission(text)}` |" for text in ("read:sessions", *sorted(SPELLINGS))]
    rows += [
        '| `{"resource": "messages", "actions": ["read", "send"]}` | `messages:read`, `messages:send` |',
        "| `network_access: true` as a key | `network:connect` |",
        "| `device_access: true` as a key | `devices:use` |",
        f"| `admin` | `{parse_permission('admin')}`: refused unless the embedder's policy names it |",
    ]
    words = ", ".join(f"`{word}`" for word in sorted(ACTIONS))
    return "\n".join(rows) + f"\n\nThe words that swap: {words}.\n"


def _schema_words() -> str:
    return (
        f"\nKeywords: {', '.join(f'`{word}`' for word in sorted(KEYWORDS))}, and any that begins with `x-`.\n\n"
        f"Formats, all of them checked: {', '.join(f'`{word}`' for word in FORMATS)}; `password` is `writeOnly`.\n"
    )


def _ui_yaml() -> str:
    slots = ", ".join(f"`{slot}`" for slot in SLOTS)
    old = "\n".join(f"| `{old}` and what begins with it | `{now}` |" for old, now in LEGACY_SLOTS)
    return f"""Lies beside a manifest of any form: at most 256 KiB, no anchors, aliases or tags, each key once.

```yaml
sections:
  - slot: sidebar-mid
    kind: stat
    title: Visitors
    source: visitors          # a method with @widget, or a .json, .txt or .md file
```

{_model_table(AskedSection)}

Slots: {slots}. Names of older layouts are faults that name the current one:

| old | now |
|---|---|
{old}
"""


def _model_table(model: type[BaseModel]) -> str:
    rows = ["| key | type | default | meaning |", "|---|---|---|---|"]
    for name, field in model.model_fields.items():
        key = field.alias or name
        kind, default = _type_and_default(model, key)
        meaning = (field.description or "").strip()
        rows.append(f"| `{key}` | {kind} | {default} | {_sentence(meaning)} |")
    return "\n".join(rows)


def _sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return (text if text.endswith(".") else f"{text}.").replace("|", "\\|")


def _type_and_default(model: type[BaseModel], key: str) -> tuple[str, str]:
    schema: Mapping[str, Any] = model.model_json_schema()
    entry = cast("Mapping[str, Any]", schema["properties"][key])
    required = key in schema.get("required", ())
    default: object = entry.get("default")
    shown = (
        "required" if required else f"`{str(default).lower()}`" if default not in (None, "", [], {}) else ""
    )
    if "$ref" in entry or isinstance(default, dict):
        shown = ""
    return _type_of(entry), shown


def _type_of(entry: Mapping[str, Any]) -> str:
    if "enum" in entry:
        return ", ".join(f"`{word}`" for word in entry["enum"])
    if "$ref" in entry:
        return "table"
    for word in ("anyOf", "oneOf"):
        if word in entry:
            kinds = [_type_of(choice) for choice in entry[word] if choice != {"type": "null"}]
            return " or ".join(dict.fromkeys(kinds))
    match entry.get("type"):
        case "array":
            inner = _type_of(entry.get("items", {}))
            return f"list of {inner}s" if inner in ("text", "table") else "list"
        case "object":
            return "table"
        case "string":
            return "text"
        case "boolean":
            return "true or false"
        case "integer" | "number":
            return "number"
        case _:
            return "text or table"
