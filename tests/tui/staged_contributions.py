"""A host whose plugins contribute something of every kind, in every slot."""

from typing import Any

import msgspec
from tui.driven import full_host
from tui.staged_facade import StagedFacade
from tui.staged_rows import host_row

from host.facade.pages import CommandRow, ContributionRow, WidgetPage

DARK: dict[str, Any] = {
    "primary": {"main": "#6366f1"},
    "background": {"default": "#0f172a", "paper": "#1e293b", "elevated": "#334155"},
    "text": {"primary": "#f1f5f9"},
    "error": "#ef4444",
}
UNREADABLE: dict[str, Any] = {"background": "#777777", "text": "#808080", "primary": "#777777"}

SECTIONS = (
    ("sidebar-mid", "visitors", "Visitors", "stat", {"value": 1_204, "unit": "today", "label": "by now"}),
    ("canvas-main", "operations", "Latest operations", "table",
     {"columns": ["operation", "plugin", "ms"], "rows": [["load", "my_plugin", 12], ["unload", "other", 3]]}),
    ("header-tabs", "about", "About", "text", {"text": "What this is for."}),
    ("drawer", "help", "Help", "text", {"text": "Ask Jane."}),
    ("drawer-actions", "keys", "Keys", "key-value", {"items": {"reload": "ctrl+r", "stop": "x"}}),
    ("sidebar-bottom-indicators", "state", "State", "badge", {"text": "all is well", "level": "success"}),
)  # fmt: skip

SYNC = CommandRow(
    plugin="github",
    name="sync",
    description="Get all issues of a repository.",
    params={
        "type": "object",
        "required": ["repo"],
        "properties": {
            "repo": {"type": "string", "description": "Owner and name.", "minLength": 3},
            "deep": {"type": "boolean", "default": False},
            "since": {"type": "integer", "minimum": 0},
            "order": {"enum": ["new", "old"]},
        },
    },
)


def row(
    what: str, name: str, title: str, slot: str = "", plugin: str = "github", **data: Any
) -> ContributionRow:
    """Return an addition."""
    return ContributionRow(
        plugin=plugin, kind=what, name=name, title=title, slot=slot, data=data, warnings=()
    )


def theme(plugin: str, title: str, colors: dict[str, Any]) -> ContributionRow:
    """Return a theme."""
    return row("theme", plugin, title, plugin=plugin, colors=colors)


def contributing_host() -> StagedFacade:
    """Return it."""
    facade = full_host()
    facade.commands_ = [SYNC]
    facade.contributions_ = [
        *(row("section", name, title, slot, kind=kind) for slot, name, title, kind, _ in SECTIONS),
        row("widget", "load", "Load", "canvas-main", kind="gauge"),
        row("tab", "readme", "Readme", "header-tabs", component="readme.md"),
        row("menu_item", "resync", "Sync now", "sidebar-mid", action=True),
        row("menu_item", "readme-item", "Read me", "sidebar-mid", component="readme.md"),
        row("settings_page", "server", "Server", description="Where it asks.", keys=["server", "proxy"]),
        row("settings_page", "general", "General", component="readme.md"),
        theme("indexer", "Midnight", DARK),
        theme("mailer", "Fog", UNREADABLE),
        theme("weather", "Nothing", {}),
    ]
    pages = [(name, kind, data) for _, name, _, kind, data in SECTIONS]
    pages += [("load", "gauge", {"value": 62, "unit": "%", "level": "warning"})]
    pages += [(name, "text", {"text": "# Read me"}) for name in ("readme", "readme-item", "general")]
    for name, kind, data in pages:
        facade.widgets[name] = WidgetPage(plugin="github", name=name, kind=kind, data=data, error="")
    return facade


def change(facade: StagedFacade, *rows: ContributionRow) -> None:
    """Have these additions and no others, and tell that they changed."""
    facade.contributions_ = list(rows)
    before = facade.host_row or host_row(list(facade.rows.values()), len(facade.problem_rows))
    facade.host_row = msgspec.structs.replace(before, contributions=before.contributions + 1)
    facade.push()
