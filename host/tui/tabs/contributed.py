"""The tabs that one plugin has by what it contributes: its page, its widgets, its tabs."""

from collections.abc import Sequence
from typing import Final

from host.facade.pages import ContributionRow
from host.tui.contributed import Contributed
from host.tui.slots import ELSEWHERE, TABS
from host.tui.tabs.page import PageTab
from host.tui.tabs.tab import TabKind
from host.tui.tabs.widget import WidgetTab

MAX_TABS: Final = 60
TITLE_CHARS: Final = 24


def contributed_tabs(contributed: Contributed, plugin: str) -> Sequence[TabKind]:
    """Return them: the page, if there are sections for it, then a tab for each of the others."""
    sections = contributed.of(plugin, "section")
    kinds = [TabKind("page", "Page", PageTab)] if any(s.slot not in ELSEWHERE for s in sections) else []
    alone = [*contributed.of(plugin, "widget", "tab"), *(row for row in sections if row.slot in TABS)]
    return [*kinds, *(_kind(row) for row in alone[:MAX_TABS])]


def _kind(row: ContributionRow) -> TabKind:
    title = " ".join((row.title or row.name).split())[:TITLE_CHARS]
    return TabKind(f"{row.kind}:{row.name}", title or row.name[:TITLE_CHARS], lambda _: WidgetTab(row))
