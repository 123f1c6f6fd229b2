"""The plugin's folder as tests need it: id, entry points, permissions, and the defaults of its configuration.

A light reader, because the host's own is not there where only the SDK is installed. It takes what it
understands and judges nothing: that is `plughost validate`'s.
"""

import json
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

import msgspec

from protocol.filters import written
from protocol.messages.provides import NOTHING, HookHandler, Provides, Subscription
from protocol.permissions import Permission, parse_permission

FORMS: Final = ("plugin.toml", "plugin.json", "manifest.json")
_ENTRIES: Final = ("main", "ui", "api", "webhook", "cli")
_DEFAULTS: Final = "config/default.json"


class FolderFault(Exception):
    """There is no plugin that a test could load; the message says what was looked for and where."""


class PluginFolder(msgspec.Struct, frozen=True):
    """One plugin's folder."""

    folder: Path
    id: str
    version: str = "0"
    type: str = "extension"
    name: str = ""
    entry_points: tuple[str, ...] = ()
    command: tuple[str, ...] = ()
    permissions: tuple[Permission, ...] = ()
    defaults: dict[str, Any] = {}
    """The lowest layers of its configuration: the schema's defaults, and `config/default.json` over them."""
    schema: dict[str, Any] | None = None
    """Of its configuration, as it is written."""
    environment: dict[str, str] = {}
    """Variables that its process gets."""
    declared: Provides = NOTHING
    """Subscriptions and hooks that methods of it are to handle."""


def find_folder(start: Path) -> Path | None:
    """Return the first folder from here upward that has a manifest."""
    for folder in (start, *start.parents):
        if any((folder / form).is_file() for form in FORMS):
            return folder
    return None


def read_folder(folder: Path) -> PluginFolder:
    """Read a plugin's folder.

    Raises:
        FolderFault: There is no manifest, or it can't be read.
    """
    form = next((name for name in FORMS if (folder / name).is_file()), None)
    if form is None:
        raise FolderFault(f"{folder}: there is no plugin; a plugin's folder holds one of {', '.join(FORMS)}")
    document = _document(folder / form)
    named = document.get("id") or document.get("name")
    if not isinstance(named, str) or not named:
        raise FolderFault(f"{folder / form}: id: found nothing; allowed: the plugin's id")
    schema = document.get("config_schema") or document.get("configSchema")
    schema = cast("dict[str, Any]", schema) if isinstance(schema, dict) else None
    defaults = defaults_of(schema or {})
    if (folder / _DEFAULTS).is_file():
        defaults |= _document(folder / _DEFAULTS)
    command = document.get("command") or ()
    return PluginFolder(
        folder=folder.resolve(),
        id=named,
        version=str(document.get("version", "0")),
        type=str(document.get("type", "extension")),
        name=str(document.get("name") or named),
        entry_points=() if command else _entries(folder, document),
        command=tuple(command.split() if isinstance(command, str) else map(str, command)),
        permissions=_permissions(document.get("permissions")),
        defaults=defaults,
        schema=schema,
        environment=_environment(document.get("env")),
        declared=_declared(document),
    )


def defaults_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the defaults that a schema gives, whether it is JSON Schema or a table of settings."""
    found: dict[str, Any] = {}
    for name, rule in properties_of(schema).items():
        if "default" in rule:
            found[name] = rule["default"]
        elif "properties" in rule and (inner := defaults_of(rule)):
            found[name] = inner
    return found


def properties_of(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the settings of a schema, by name."""
    listed: Any = schema.get("properties")
    table = cast("Mapping[str, Any]", listed if isinstance(listed, Mapping) else schema)
    return {name: cast("dict[str, Any]", rule) for name, rule in table.items() if isinstance(rule, dict)}


def _document(file: Path) -> dict[str, Any]:
    try:
        text = file.read_text(encoding="utf-8")
        value: Any = tomllib.loads(text) if file.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as exc:
        raise FolderFault(f"{file}: can't be read: {exc}; `plughost validate` says more") from None
    if not isinstance(value, dict):
        raise FolderFault(f"{file}: found {type(value).__name__}; allowed: an object")
    return cast("dict[str, Any]", value)


def _entries(folder: Path, document: Mapping[str, Any]) -> tuple[str, ...]:
    found = [document[key] for key in ("main", "entry_point") if isinstance(document.get(key), str)]
    for key in ("entry_points", "entrypoints"):
        table: Any = document.get(key)
        if isinstance(table, dict):
            found += [table[name] for name in _ENTRIES if name in table]
    if found:
        return tuple(dict.fromkeys(map(str, found)))
    if (folder / "main.py").is_file():
        return ("main.py",)
    return ("__init__.py",) if (folder / "__init__.py").is_file() else ()


def _environment(given: Any) -> dict[str, str]:
    table = cast("dict[str, Any]", given) if isinstance(given, dict) else {}
    return {name: value for name, value in table.items() if isinstance(value, str)}


def _declared(document: Mapping[str, Any]) -> Provides:
    subscriptions: dict[str, Subscription] = {}
    for one in (*_tables(document.get("subscriptions")), *_tables(document.get("triggers"))):
        asked = one.get("topics") or one.get("event") or ()
        topics = (asked,) if isinstance(asked, str) else tuple(map(str, asked))
        name, number = str(one.get("handler")), 2
        while name in subscriptions:  # several that one method handles
            name, number = f"{one.get('handler')}-{number}", number + 1
        where = written(one.get("where") or {})
        subscriptions[name] = Subscription(name, topics, where, bool(one.get("durable")))
    hooks = [
        HookHandler(str(one.get("handler")), str(one.get("hook")), fail=one.get("fail"))
        for one in _tables(document.get("hooks"))
    ]
    if not subscriptions and not hooks:
        return NOTHING
    return Provides(subscriptions=tuple(subscriptions.values()), hooks=tuple(hooks))


def _tables(given: Any) -> list[dict[str, Any]]:
    listed = cast("list[Any]", given) if isinstance(given, list) else []
    return [cast("dict[str, Any]", one) for one in listed if isinstance(one, dict)]


def _permissions(given: Any) -> tuple[Permission, ...]:
    found: list[Permission] = []
    for one in cast("list[Any]", given) if isinstance(given, list) else []:
        texts = [one] if isinstance(one, str) else []
        if isinstance(one, dict):
            row = cast("dict[str, Any]", one)
            texts = [f"{row.get('resource')}:{action}" for action in row.get("actions") or ()]
        for text in texts:
            try:
                found.append(parse_permission(text))
            except ValueError as exc:
                raise FolderFault(f"permissions: found {text!r}; {exc}") from None
    return tuple(dict.fromkeys(found))
