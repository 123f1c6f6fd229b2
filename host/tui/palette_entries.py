"""Palette entries: one thing to do, and those that come from what plugins contribute, under their names.

Texts are clean, in one line, and bounded.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from host.tui.slots import DRAWER

if TYPE_CHECKING:
    from host.tui.app import Monitor

MAX_ENTRIES: Final = 1_000
"""Of what plugins contribute."""

MAX_CHARS: Final = 100


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to do."""

    text: str
    help: str
    run: Callable[[], Any]
    first: bool = True
    """Whether it is proposed before anything is typed."""


def short(text: str) -> str:
    """Return a text of a plugin as it fits into a list."""
    line = " ".join(text.split())
    return line if len(line) <= MAX_CHARS else f"{line[: MAX_CHARS - 1]}…"


def contributed_entries(app: "Monitor") -> list[Entry]:
    """Return what plugins contribute: menu items, panes, drawers, settings pages and themes."""
    contributed = app.contributed
    entries = [
        Entry(f"{one.shown} (theme)", "how the monitor looks", partial(contributed.chosen, name), False)
        for name, one in contributed.themes.items()
    ]
    entries += [
        Entry(f"{one.plugin}: {one.title} (theme)", one.refused, partial(_refuse, app, one.refused), False)
        for one in contributed.refused_themes
    ]
    drawers: set[str] = set()
    for row in contributed.all("menu_item", "widget", "tab", "section", "settings_page"):
        title = f"{row.plugin}: {short(row.title or row.name)}"
        match row.kind:
            case "menu_item":
                if not app.read_only or row.data.get("action") is not True:
                    entries.append(Entry(title, "menu item", partial(contributed.run_menu_item, row), False))
            case "settings_page":
                run = partial(app.open_plugin, row.plugin, "config")
                entries.append(Entry(f"{title} (settings)", "its configuration", run, False))
            case "section" if row.slot in DRAWER:
                if row.plugin not in drawers:
                    drawers.add(row.plugin)
                    run = partial(contributed.open_drawer, row.plugin)
                    entries.append(Entry(f"{row.plugin}: open its drawer", "sections", run, False))
            case "section" if row.slot != "header-tabs":
                run = partial(app.open_plugin, row.plugin, "page")
                entries.append(Entry(f"{title} (section)", row.slot, run, False))
            case _:
                run = partial(app.open_plugin, row.plugin, f"{row.kind}:{row.name}")
                entries.append(Entry(f"{title} ({row.kind})", "what it shows", run, False))
        if len(entries) >= MAX_ENTRIES:
            break
    return entries


def _refuse(app: "Monitor", why: str) -> None:
    app.say(f"This theme can't be used: {why}", "error")
