"""ManifestTab: what a plugin says of itself, as the host understood it, and where it lies."""

import shlex
from typing import Any, Final

from textual.app import ComposeResult

from host.facade.figures import many
from host.facade.plugin_pages import PluginPage
from host.tui.border import cleaned
from host.tui.inked_lines import InkedText, Parts
from host.tui.json_lines import json_lines
from host.tui.screen import TABLE_TICKS
from host.tui.tabs.tab import PluginTab

_LISTS: Final = (
    ("Needs", "depends_on"),
    ("Is needed by", "dependants"),
    ("Subscribes to", "subscriptions"),
    ("Hooks", "hooks"),
)


class ManifestTab(PluginTab):
    """The document, to scroll through."""

    DEFAULT_CSS = "ManifestTab InkedText { padding-left: 1; }"

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self._page: PluginPage | None = None

    def compose(self) -> ComposeResult:
        """The text."""
        text = InkedText()
        text.add_class("main")
        yield text

    async def read(self) -> None:
        """Ask for it."""
        page = await self.ask(lambda facade: facade.plugin(self.plugin))
        if page is not None:
            self._page = cleaned(page)
        if self.is_attached:
            self.paint(0, True)

    def paint(self, ticks: int, at_once: bool) -> None:
        """Show it, or why it is not known."""
        if ticks % TABLE_TICKS and not at_once:
            return
        page = self._page
        self.query_one(InkedText).show(_lines(page) if page else [[], [(f" {self.unknown}", "dim")]])

    def copied(self) -> str:
        """All of it."""
        return self.query_one(InkedText).text

    def command_line(self) -> str:
        """The same on the command line."""
        return f"plughost validate {shlex.quote(self._page.folder)}" if self._page is not None else ""

    def written(self) -> tuple[str, list[str], Any]:
        """All of it."""
        manifest = self._page.manifest if self._page is not None else {}
        return f"{self.plugin}-manifest", self.query_one(InkedText).text.split("\n"), manifest


def _lines(page: PluginPage) -> list[Parts]:
    lines: list[Parts] = [
        [("folder   ", "dim"), (page.folder, "plain")],
        [("file     ", "dim"), (page.manifest_file, "plain")],
    ]
    faults = page.row.manifest_faults
    if faults:
        lines += [[], [(f"{many(len(faults), 'fault')}: it can't be loaded", "bad")]]
        lines += [[("✖ ", "bad"), (fault, "plain")] for fault in faults]
    lines.append([])
    for title, name in _LISTS:
        values: tuple[str, ...] = getattr(page, name)
        lines.append([(f"{title:<14}", "dim"), (", ".join(values) or "–", "plain" if values else "dim")])
    lines += [[], [("Limits", "title")], *json_lines(page.limits), [], [("Manifest", "title")]]
    lines += json_lines(page.manifest) if page.manifest else [[("none that can be read", "dim")]]
    return lines
