"""JSON lines: a value of JSON as lines to read, names and values told apart."""

import json
from typing import Any, Final, cast

from host.tui.ink import InkName
from host.tui.inked_lines import Part, Parts

MAX_LINES: Final = 5_000


def json_lines(value: Any) -> list[Parts]:
    """Return a value as lines; what is longer than that is cut, and says so. Its texts must be clean."""
    lines: list[Parts] = []
    _put(lines, [], value, 0, "")
    if len(lines) > MAX_LINES:
        return [*lines[:MAX_LINES], [("… more", "dim")]]
    return lines


def _put(lines: list[Parts], head: list[Part], value: Any, depth: int, tail: str) -> None:
    if len(lines) > MAX_LINES:
        return
    indent = "  " * depth
    if isinstance(value, dict | list | tuple) and value and depth < 50:
        pairs: list[tuple[list[Part], Any]]
        if isinstance(value, dict):
            opening, closing = "{", "}"
            entries = cast("dict[Any, Any]", value)
            pairs = [
                ([(json.dumps(str(key), ensure_ascii=False), "accent"), (": ", "dim")], item)
                for key, item in entries.items()
            ]
        else:
            opening, closing = "[", "]"
            pairs = [([], item) for item in cast("list[Any]", value)]
        lines.append([(indent, "plain"), *head, (opening, "dim")])
        for number, (name, item) in enumerate(pairs):
            _put(lines, name, item, depth + 1, "," if number < len(pairs) - 1 else "")
        lines.append([(indent, "plain"), (closing + tail, "dim")])
        return
    lines.append(
        [
            (indent, "plain"),
            *head,
            (json.dumps(value, ensure_ascii=False, default=str), _ink(value)),
            (tail, "dim"),
        ]
    )


def _ink(value: Any) -> InkName:
    match value:
        case str():
            return "good"
        case bool() | None:
            return "warn"
        case int() | float():
            return "plain"
        case _:
            return "dim"
