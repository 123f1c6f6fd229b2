"""What plugins may add to user interfaces, kind by kind. Pure but for a look whether a named file is there.

The slots, and which files can be drawn, are `protocol.interface`'s.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Final, cast

from host.services.themes import theme_faults
from protocol import jsonrpc
from protocol.interface import DATA_FILES, SLOTS, needs_porting, slot_instead
from protocol.messages.provides import UiItem
from protocol.widgets import FORMS

MAX_DATA_BYTES: Final = 64 * 1024
MAX_TITLE_CHARS: Final = 200
MAX_ITEMS: Final = 200
"""Additions of one plugin."""
MAX_THEMES: Final = 20
"""Of one plugin; a theme may have 64 KiB, and front ends are sent all of them at once."""
MAX_DESCRIPTION_CHARS: Final = 500
MAX_PAGE_KEYS: Final = 200
"""Settings that one settings page names."""
MAX_KEY_CHARS: Final = 200

POSITIONS: Final = ("top", "sidebar", "bottom")
WIDTHS: Final = ("full", "half", "third")

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\Z", re.IGNORECASE)
_ICON = re.compile(r"[A-Za-z0-9_.:/-]{0,100}\Z")
_FIELDS: Final[dict[str, frozenset[str]]] = {
    "widget": frozenset({"kind", "position", "width", "component", "icon"}),
    "menu_item": frozenset({"icon", "path", "component", "action"}),
    "settings_page": frozenset({"component", "icon", "description", "keys"}),
    "section": frozenset({"slot", "component", "icon", "kind"}),
    "tab": frozenset({"component", "icon"}),
}

_DRAWN: Final = frozenset({"widget", "section"})
"""Kinds whose data file is drawn as their `kind` says."""

Find = Callable[[str], Path | None]
"""Where a file of the package is; None if it is not there."""


def standing_faults(items: Sequence[UiItem], find: Find) -> Iterator[str]:
    """Yield what is wrong with the items of a plugin that has no program to answer for them."""
    yield from items_faults(items, find)
    for item in items:
        if item.kind == "widget" and not item.data.get("component"):
            yield (
                f"{named(item)}: component: found nothing; allowed: a file of the package that ends in "
                f"{', '.join(DATA_FILES)}; a widget without one needs an entry point and a method"
            )


def items_faults(items: Sequence[UiItem], find: Find) -> Iterator[str]:
    """Yield what is wrong with all items of one plugin."""
    if len(items) > MAX_ITEMS:
        yield f"ui: found {len(items)} additions; allowed: at most {MAX_ITEMS}"
        return
    if sum(one.kind == "theme" for one in items) > MAX_THEMES:
        yield f"ui: allowed: at most {MAX_THEMES} themes"
    widgets = frozenset(one.name for one in items if one.kind == "widget")
    seen: set[tuple[str, str]] = set()
    for one in items:
        if (one.kind, one.name) in seen:
            yield f"{named(one)}: it is declared twice"
        seen.add((one.kind, one.name))
        yield from item_faults(one, widgets, find)


def named(item: UiItem) -> str:
    """Return an item as sentences call it."""
    return f"{item.kind.replace('_', ' ')} {item.name[:100]!r}"


def item_faults(item: UiItem, widgets: frozenset[str], find: Find) -> Iterator[str]:
    """Yield what is wrong with an item; `widgets` are the plugin's own that it may name."""
    head = named(item)
    if not _NAME.match(item.name):
        yield f"{head}: name: allowed: 1 to 64 letters, digits, _, . and -"
    if len(item.title) > MAX_TITLE_CHARS:
        yield f"{head}: title: found {len(item.title)} characters; allowed: at most {MAX_TITLE_CHARS}"
    if item.kind == "theme":
        for fault in theme_faults(item.data):
            yield f"{head}: {fault}"
        return
    try:
        size = len(jsonrpc.encode(item.data))
    except RecursionError:
        size = MAX_DATA_BYTES + 1
    if size > MAX_DATA_BYTES:
        yield f"{head}: found {size} bytes; allowed: at most {MAX_DATA_BYTES}"
        return
    for fault in _data_faults(item, widgets, find):
        yield f"{head}: {fault}"


def is_for_browsers(item: UiItem) -> bool:
    """Tell whether an item names a file that only a browser draws."""
    component: Any = item.data.get("component", "")
    return isinstance(component, str) and needs_porting(component)


def slot_of(item: UiItem) -> str:
    """Return the slot that an item is shown in."""
    match item.kind:
        case "section":
            return str(item.data.get("slot", ""))
        case "tab":
            return "header-tabs"
        case "menu_item":
            return "sidebar-mid"
        case "widget":
            return "sidebar-mid" if item.data.get("position") == "sidebar" else "canvas-main"
        case _:
            return ""


def data_file(component: str, find: Find) -> Path | None:
    """Return the file that a component names, or None if it names none that is there."""
    path = PurePosixPath(component.removeprefix("./"))
    if path.is_absolute() or ".." in path.parts or path.suffix.lower() not in DATA_FILES:
        return None
    return find(str(path))


def _data_faults(item: UiItem, widgets: frozenset[str], find: Find) -> Iterator[str]:
    data = item.data
    known = _FIELDS[item.kind]
    for name in data:
        if name not in known:
            yield f"{name[:100]}: allowed: title, {', '.join(sorted(known - {'action'}))}"
    if item.kind != "settings_page" and not item.title.strip() and item.kind != "widget":
        yield f"{'label' if item.kind == 'menu_item' else 'title'}: found an empty text"
    for name, allowed in (("position", POSITIONS), ("width", WIDTHS)):
        if name in data and data[name] not in allowed:
            yield f"{name}: found {str(data[name])[:50]!r}; allowed: {', '.join(allowed)}"
    if "kind" in data and data["kind"] not in FORMS:
        yield f"kind: found {str(data['kind'])[:50]!r}; allowed: {', '.join(FORMS)}"
    icon: Any = data.get("icon", "")
    if not isinstance(icon, str) or not _ICON.match(icon):
        yield f"icon: found {str(icon)[:50]!r}; allowed: an icon's name"
    path: Any = data.get("path", "")
    if not isinstance(path, str) or (path and not _is_inside(path)):
        yield f"path: found {str(path)[:80]!r}; allowed: a path of the application, which begins with /"
    if item.kind == "section":
        yield from _slot_faults(data)
    if item.kind == "settings_page":
        yield from _page_faults(data)
    component: Any = data.get("component", "")
    if not isinstance(component, str):
        yield "component: allowed: the name of a widget, or of a data file"
    elif component:
        yield from _component_faults(component, item, widgets, find)


def _page_faults(data: Mapping[str, Any]) -> Iterator[str]:
    description: Any = data.get("description", "")
    if not isinstance(description, str) or len(description) > MAX_DESCRIPTION_CHARS:
        yield f"description: allowed: a text of at most {MAX_DESCRIPTION_CHARS} characters"
    keys: Any = data.get("keys", [])
    good = isinstance(keys, list | tuple) and len(cast("Sequence[Any]", keys)) <= MAX_PAGE_KEYS
    if not good or any(
        not isinstance(key, str) or not key or len(key) > MAX_KEY_CHARS for key in cast("Sequence[Any]", keys)
    ):
        yield (
            f"keys: allowed: at most {MAX_PAGE_KEYS} names of settings, such as interval_s or server.port; "
            "a name stands for all below it"
        )


def _slot_faults(data: Mapping[str, Any]) -> Iterator[str]:
    slot = str(data.get("slot", ""))
    if slot in SLOTS:
        return
    if now := slot_instead(slot):
        yield f"slot: found {slot[:100]!r}, the name of an older layout; it is {now} now"
        return
    yield f"slot: found {slot[:100]!r}; allowed: {', '.join(SLOTS)}"


def _component_faults(component: str, item: UiItem, widgets: frozenset[str], find: Find) -> Iterator[str]:
    if component in widgets and not (item.kind == "widget" and component == item.name):
        return
    if needs_porting(component):
        yield (
            f"component: found {component[:100]!r}; port it: a method with @widget returns the data, and the "
            "host draws it"
        )
    elif (
        PurePosixPath(component).suffix.lower() == ".json" and item.kind in _DRAWN and "kind" not in item.data
    ):
        yield (
            f"kind: found nothing; allowed: how the data of {component[:100]!r} are drawn: {', '.join(FORMS)}"
        )
    elif data_file(component, find) is None:
        own = ", ".join(sorted(widgets)[:5]) or "none yet"
        yield (
            f"component: found {component[:100]!r}; allowed: a widget of this plugin ({own}), or a file "
            f"of the package that ends in {', '.join(DATA_FILES)}"
        )


def _is_inside(path: str) -> bool:
    # `//host` would leave the application, and browsers read a backslash as a slash.
    return (
        path.startswith("/")
        and not path.startswith(("//", "/\\"))
        and path.isprintable()
        and len(path) <= 500
    )
