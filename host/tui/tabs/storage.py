"""StorageTab: what a plugin keeps: keys, sizes, ends. To look at; only all of it can be wiped."""

import shlex
from collections.abc import Sequence
from typing import Any, ClassVar, Final, cast

import msgspec
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from host.base_error import PlughostError
from host.facade.facade import Facade
from host.facade.figures import age, count, many, size
from host.facade.pages import StorageKey, StoragePage
from host.tui.border import cleaned
from host.tui.columns import Cell, Column
from host.tui.dialogs import ShowText
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Parts, fitting
from host.tui.json_lines import json_lines
from host.tui.keys import SHOW
from host.tui.table import RowTable
from host.tui.tabs.tab import PluginTab

PAGE: Final = 500
"""Keys that are asked for at once."""


class StorageTab(PluginTab):
    """Keys, in order; read when the tab is opened, and again when that is asked for."""

    DEFAULT_CSS = "StorageTab #storage-status { height: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "reload", "read again", group=SHOW),
        Binding("m", "more", "more keys", group=SHOW),
    ]

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self._keys: dict[str, StorageKey] = {}
        self._page: StoragePage | None = None
        self._more = False

    def compose(self) -> ComposeResult:
        """The table, and how much it is."""
        columns: tuple[Column[StorageKey], ...] = (
            Column("key", "KEY", 20, lambda row: Cell(row.key, "strong"), lambda row: row.key, stretch=1),
            Column(
                "bytes",
                "BYTES",
                6,
                lambda row: Cell(size(row.bytes)),
                lambda row: row.bytes,
                right=True,
                falling=True,
            ),
            Column(
                "version",
                "WRITTEN",
                8,
                lambda row: Cell(f"{count(row.version)}×", "dim"),
                lambda row: row.version,
                right=True,
                falling=True,
            ),
            Column("ends", "ENDS IN", 8, self._ends, lambda row: row.expires_s, right=True),
        )
        table = RowTable[StorageKey](columns, sort="key", empty="It keeps nothing.")
        table.add_class("main")
        yield table
        yield InkedLines(id="storage-status")

    def _ends(self, row: StorageKey) -> Cell:
        if row.expires_s is None:
            return Cell("–", "dim")
        left = row.expires_s - monitor(self).model.now_s
        return Cell(age(left), "warn" if left < 60 else "plain")

    @property
    def table(self) -> RowTable[StorageKey]:
        """The keys."""
        return cast("RowTable[StorageKey]", self.query_one(RowTable))

    def on_resize(self) -> None:
        """Say as much as there is room for."""
        self._show()

    def action_reload(self) -> None:
        """Read them again."""
        monitor(self).start(self.read)

    def action_more(self) -> None:
        """Read the keys behind the last one."""
        if self._more:
            monitor(self).start(self._read, max(self._keys))
        else:
            monitor(self).say("These are all keys")

    async def read(self) -> None:
        """Ask for the first ones."""
        await self._read("")

    async def _read(self, after: str) -> None:
        async def question(facade: Facade) -> tuple[Sequence[StorageKey], Sequence[StoragePage]]:
            return await facade.storage_keys(self.plugin, after=after, limit=PAGE), await facade.storage()

        answer = await self.ask(question)
        if answer is not None:
            keys, pages = cleaned(answer[0]), answer[1]
            self._page = next((page for page in pages if page.plugin == self.plugin), None)
            self._more = len(keys) == PAGE
            self._keys = (self._keys if after else {}) | {key.key: key for key in keys}
        if self.is_attached:
            self._show()

    def _show(self) -> None:
        self.table.show(self._keys)
        page = self._page
        groups: list[tuple[int, Parts]] = []
        if self.fault:
            groups.append((0, [(f" {self.fault}", "bad")]))
        elif page is not None:
            share = page.bytes / page.quota_bytes if page.quota_bytes else 0.0
            ink = "bad" if share >= 0.95 else "warn" if share >= 0.8 else "plain"
            groups.append((0, [(f" {many(page.keys, 'key')}", "plain")]))
            groups.append(
                (0, [(size(page.bytes), ink), (f" of {size(page.quota_bytes)} ({share:.0%})", "dim")])
            )
            if page.files_bytes:
                groups.append((1, [("files ", "dim"), (size(page.files_bytes), "plain")]))
        elif self.answered:
            groups.append((0, [(" no keys", "dim")]))
        if self._more:
            groups.append((0, [("m", "title"), (f" more than these {len(self._keys)}", "dim")]))
        value: Parts = [("Enter", "title"), (" value  ", "dim")] if self._keys else []
        groups.append((2, [*value, ("g", "title"), (" read again", "dim")]))
        self.query_one("#storage-status", InkedLines).show([fitting(groups, self.size.width)])

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Show a value."""
        event.stop()
        monitor(self).start(self._show_value, event.key)

    async def _show_value(self, key: str) -> None:
        app = monitor(self)
        if app.link.facade is None:
            return
        try:
            value = cleaned(await app.link.facade.storage_get(self.plugin, key))
        except (PlughostError, OSError) as error:
            app.say_error(error)
        else:
            app.push_screen(ShowText(f"{self.plugin}: {key}", json_lines(value)))

    def hints(self, action: str) -> bool:
        """Whether there are more keys to be read."""
        return action != "more" or self._more

    def copied(self) -> str:
        """The key under the cursor."""
        return self.table.cursor_key

    def command_line(self) -> str:
        """The value on the command line."""
        key = self.table.cursor_key
        return f"plughost storage get {shlex.quote(self.plugin)} {shlex.quote(key)}" if key else ""

    def written(self) -> tuple[str, list[str], Any]:
        """Keys and sizes; no values."""
        rows = [self._keys[key] for key in self.table.order]
        return (
            f"{self.plugin}-keys",
            [f"{row.key}\t{row.bytes}" for row in rows],
            [msgspec.to_builtins(r) for r in rows],
        )
