"""Parameters: what was put into the form of one thing that is asked, and the form's lines. No widget."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, cast

from host.facade.config_pages import ConfigPage
from host.tui.border import clean
from host.tui.forms.fields import Field, example, fields_of, resolved, types_of
from host.tui.forms.typed import brief
from host.tui.inked_lines import Parts
from host.tui.inspector.pick_list import Entry
from host.tui.inspector.subject import KINDS, Asking

WHOLE: Final = ""
"""Key of the field that is all parameters as one JSON object."""

_NAME_CELLS: Final = 18


class Parameters:
    """Of one asking. Only what was put in is sent."""

    def __init__(self, asking: Asking) -> None:
        """Begin with what must be given, and with nothing else."""
        self.asking = asking
        begin: Any = example(asking.schema, asking.schema) if asking.schema else {}
        self.values: dict[str, Any] = cast("dict[str, Any]", begin) if isinstance(begin, dict) else {}

    def fields(self) -> dict[str, Field]:
        """Return the fields by key; the whole comes last."""
        schema = self.asking.schema
        page = ConfigPage(plugin="", schema=schema, values=self.values, explained=(), revision=0, faults=())
        shown = fields_of(page) if schema else {}
        return shown | {WHOLE: Field(WHOLE, "json", {"title": "all as JSON"}, self.values, True, "")}

    def put(self, key: str, value: Any) -> str:
        """Take a value, or all of them; return what is wrong with it, or nothing."""
        if key == WHOLE:
            if not isinstance(value, dict):
                return f"parameters are a JSON object, not {json.dumps(value)[:40]}"
            self.values = cast("dict[str, Any]", value)
            return ""
        table, name = self._place(key)
        table[name] = value
        return ""

    def drop(self, key: str) -> None:
        """Send this value no more."""
        if key == WHOLE:
            self.values = {}
            return
        table, name = self._place(key)
        table.pop(name, None)

    def _place(self, key: str) -> tuple[dict[str, Any], str]:
        table, properties = self.values, self._properties(self.asking.schema)
        name = key
        # A name may hold a dot itself; only tables that the form opened are gone down into.
        while name not in properties and "." in name:
            head, _, name = name.partition(".")
            below: Any = table.get(head)
            if not isinstance(below, dict):
                below = table[head] = {}
            table = cast("dict[str, Any]", below)
            properties = self._properties(resolved(self.asking.schema, properties.get(head) or {}))
        return table, name

    def _properties(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        found: Any = resolved(self.asking.schema, schema).get("properties")
        return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}


def field_line(field: Field, fault: str) -> Parts:
    """Return a field as a line: name, value, what it is; and what is wrong with it."""
    if field.key == WHOLE:
        return [("{ } all as JSON", "dim")]
    name = clean(field.key)
    mark = "*" if field.required else " "
    kinds = "|".join(types_of(field.schema)) or field.shape
    said = brief(field, field.value, field.has_value)
    line: list[tuple[str, str]] = [
        (f"{name:<{_NAME_CELLS}}{mark} ", "strong"),
        (said if len(said) <= 200 else said[:200] + "…", "plain" if field.has_value else "dim"),
        (f"  {kinds}", "dim"),
    ]
    if fault:
        line.append((f"  ✖ {clean(fault)}", "bad"))
    return line


def copied(value: Any) -> Any:
    """Return a value of JSON with tables and lists of its own."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in cast("dict[str, Any]", value).items()}
    return [copied(item) for item in cast("list[Any]", value)] if isinstance(value, list) else value


def shown_askings(askings: Sequence[Asking]) -> list[Asking]:
    """Return what a plugin says of itself with its texts clean; what has a name that is not stays out."""
    return [
        replace(one, description=clean(one.description)) for one in askings if clean(one.name) == one.name
    ]


def entries_of(askings: Sequence[Asking]) -> list[Entry]:
    """Return what can be asked as a list, each kind under its heading."""
    entries: list[Entry] = []
    for kind, title in KINDS.items():
        if those := [one for one in askings if one.kind == kind]:
            entries.append(Entry(None, [(title, "title")]))
            entries += [Entry(one.key, [(one.name, "plain")]) for one in those]
    return entries
