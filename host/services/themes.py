"""Themes as data: colours, typography, spacing, shape, shadows and components of a user interface.

Pure. Owns what a theme may hold and whether its text can be read. A theme is data and never a style sheet:
what could break out of one (a brace, a semicolon, `url(`) is refused.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from protocol import jsonrpc
from protocol.colours import READABLE, Colour, contrast, read_colour

MAX_THEME_BYTES: Final = 64 * 1024
MAX_DEPTH: Final = 6
MAX_VALUES: Final = 500
MAX_TEXT_CHARS: Final = 500

SECTIONS: Final = frozenset({"colors", "typography", "spacing", "shape", "shadows", "components"})

_BREAKS_OUT = re.compile(r"[{};<>\\]|url\s*\(|expression\s*\(|@import|/\*", re.IGNORECASE)


def theme_faults(theme: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with a theme, each with its place."""
    try:
        size = len(jsonrpc.encode(theme))
    except RecursionError:
        yield "nested too deeply"
        return
    if size > MAX_THEME_BYTES:
        yield f"found {size} bytes; allowed: at most {MAX_THEME_BYTES}"
        return
    for name in theme:
        if name not in SECTIONS:
            yield f"{name[:100]}: allowed: {', '.join(sorted(SECTIONS))}"
    for name in SECTIONS - {"spacing"}:
        if name in theme and not isinstance(theme[name], Mapping):
            yield f"{name}: found {type(theme[name]).__name__}; allowed: a mapping"
    spacing: Any = theme.get("spacing", 0)
    if not isinstance(spacing, int | float | Mapping):
        yield f"spacing: found {str(spacing)[:50]!r}; allowed: a number, or a mapping"
    for number, (place, depth, value) in enumerate(_leaves(theme)):
        if number >= MAX_VALUES:
            yield f"found more than {MAX_VALUES} values"
            return
        if depth > MAX_DEPTH:
            yield f"{place}: nested deeper than {MAX_DEPTH}"
            return
        if fault := _value_fault(place, value):
            yield f"{place}: {fault}"


def theme_warnings(theme: Mapping[str, Any]) -> tuple[str, ...]:
    """Return where text of a sound theme can hardly be read."""
    colors = cast("Mapping[str, Any]", theme.get("colors", {}))
    pairs = [
        *(("text", text, "background", ground) for text in _TEXTS for ground in _GROUNDS),
        *((f"{part}", "contrastText", f"{part}", "main") for part in ("primary", "secondary")),
    ]
    found: list[str] = []
    for first, above, second, below in pairs:
        front, back = _colour_at(colors, first, above), _colour_at(colors, second, below)
        if front is None or back is None:
            continue
        ratio = contrast(front, back)
        if ratio < READABLE:
            pair = f"{first}.{above} on {second}.{below}"
            found.append(f"{pair} has a contrast of {_shown(ratio)}; {READABLE} is readable")
    return tuple(found)


def _shown(ratio: float) -> str:
    """Return a ratio with a digit or two, rounded down: 4.47 is not 4.5, which would be readable."""
    return f"{math.floor(ratio * 100) / 100:.4g}"


_TEXTS: Final = ("primary", "secondary")
_GROUNDS: Final = ("default", "paper", "surface")


def _colour_at(colors: Mapping[str, Any], section: str, name: str) -> Colour | None:
    """Return a colour; a section may be one colour, and `surface` stands beside the background."""
    value: Any = colors.get(section)
    if name == "surface":
        value = colors.get("surface")
    if isinstance(value, Mapping):
        value = cast("Mapping[str, Any]", value).get(name)
    elif name not in ("primary", "default", "surface", "main"):
        return None
    return read_colour(value) if isinstance(value, str) else None


def _leaves(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, int, Any]]:
    if isinstance(value, Mapping) and depth <= MAX_DEPTH:
        for name, inner in cast("Mapping[str, Any]", value).items():
            yield from _leaves(inner, f"{place}.{str(name)[:50]}" if place else str(name)[:50], depth + 1)
        return
    yield place, depth, value


def _value_fault(place: str, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return f"found {type(value).__name__}; allowed: a text or a number"
    is_colour = place.startswith("colors.") or place.lower().endswith("color")
    if not isinstance(value, str):
        return "allowed: a colour" if is_colour else ""
    if is_colour and read_colour(value) is None:
        return f"found {value[:50]!r}; allowed: a colour such as #6366f1, rgb(0 0 0) or hsl(210, 40%, 96%)"
    if len(value) > MAX_TEXT_CHARS or not value.isprintable() or _BREAKS_OUT.search(value):
        return f"found {value[:50]!r}; allowed: a value as in a style sheet, without {{ }} ; < > and url()"
    return ""
