"""Overview: every plugin in a table, the one under the cursor in a few lines, the last warnings of all."""

import shlex
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, cast

import msgspec
from textual.binding import Binding, BindingType
from textual.widget import Widget

from host.facade.figures import many
from host.facade.tails import TailQuery
from host.tui.dialogs import PickColumns
from host.tui.first_lines import first_lines
from host.tui.fit import fit
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Parts, fitting
from host.tui.keys import ACT, FIND, PLUGIN_BINDINGS, SHOW, VERB_BINDINGS
from host.tui.link import Feed
from host.tui.log_view import LogView
from host.tui.plugin_columns import PLUGIN_COLUMNS, PluginLine, lines_of, table_text
from host.tui.plugin_detail import detail_of
from host.tui.screen import TABLE_TICKS, MonitorScreen
from host.tui.states import BAD, ORDER, glyph_of
from host.tui.table import RowTable
from host.tui.tree import dependency_tree
from host.tui.warnings_pane import WarningsPane

LAST_WARNINGS = 50
WARNING = 30


class Overview(MonitorScreen):
    """The first screen."""

    DEFAULT_CSS = """
    Overview #detail { height: 4; border-top: solid $panel; }
    Overview #warnings-title { height: 1; }
    Overview #warnings { height: 6; }
    Overview.-low #detail { height: 3; }
    Overview.-low #warnings { height: 3; }
    Overview #first { height: 1fr; display: none; }
    Overview.-empty #first { display: block; }
    Overview.-empty #table, Overview.-empty #detail { display: none; }
    Overview.-ascii #detail { border-top: ascii $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        *VERB_BINDINGS,
        *PLUGIN_BINDINGS,
        Binding("space", "mark", "mark", group=ACT, show=False),
        Binding("asterisk", "mark_all", "mark all that is shown", key_display="*", group=ACT, show=False),
        Binding("C", "columns", "columns", group=SHOW, show=False),
        Binding("t", "tree", "tree of dependencies", group=SHOW, show=False),
        Binding("a", "only_problems", "only those with problems", group=FIND, show=False),
    ]
    mode = "overview"
    subject = "plugin"

    def __init__(self) -> None:
        super().__init__()
        self._feed: Feed | None = None
        self._tree: dict[str, tuple[str, ...]] | None = None
        """What each plugin depends on, while the tree is shown."""

    def body(self) -> Iterable[Widget]:
        """Counts, table, detail, warnings."""
        yield InkedLines(id="counts")
        yield InkedLines(id="first")
        table = RowTable[PluginLine](
            PLUGIN_COLUMNS,
            sort="plugin",
            id="table",
            markable=True,
            empty="No plugin matches; Esc clears the filter.",
        )
        table.add_class("main")
        yield table
        detail = InkedLines(id="detail")
        detail.add_class("unzoomed")
        yield detail
        title = InkedLines(id="warnings-title")
        title.add_class("unzoomed")
        yield title
        warnings = WarningsPane(named=True, id="warnings", kept=LAST_WARNINGS * 4)
        warnings.empty = "No warnings."
        warnings.add_class("unzoomed")
        yield warnings

    @property
    def table(self) -> RowTable[PluginLine]:
        """The plugins."""
        return cast("RowTable[PluginLine]", self.query_one("#table", RowTable))

    @property
    def warnings(self) -> WarningsPane:
        """The last warnings."""
        return self.query_one(WarningsPane)

    def entered(self) -> None:
        """Follow warnings."""
        if self._feed is None:
            app = monitor(self)
            self._feed = Feed(app.tasks, app.link)
        if not self._feed.is_open:
            held, model = self.warnings.held, monitor(self).model
            epoch = model.epoch

            def began() -> None:
                nonlocal epoch
                held.began(model.epoch == epoch)
                epoch = model.epoch

            self._feed.tail(TailQuery(source="logs", level=WARNING, last=LAST_WARNINGS), held.take, began)

    def left(self) -> None:
        """Let them go."""
        if self._feed is not None:
            self._feed.close()

    # Painting

    def paint(self, ticks: int, at_once: bool) -> None:
        """Counts at once, the table twice a second, warnings as they come."""
        self.warnings.paint(ages=ticks % TABLE_TICKS == 0)
        if ticks % TABLE_TICKS and not at_once:
            return
        model = monitor(self).model
        empty = not model.plugins
        if empty is not self.has_class("-empty"):
            self.set_class(empty, "-empty")
            # What is not displayed can't have the keys.
            self.call_after_refresh(self.focus_main)
        if empty:
            self.query_one("#first", InkedLines).show(first_lines(model))
        self._paint_counts()
        self._paint_table()
        self._paint_detail()
        self.query_one("#warnings-title", InkedLines).show([self.warnings.heading()])

    def _paint_counts(self) -> None:
        model = monitor(self).model
        states = model.states()
        groups: list[tuple[int, Parts]] = [(0, [(f" {many(len(model.plugins), 'plugin')}", "strong")])]
        for rank, state in enumerate([*ORDER, *sorted(states.keys() - set(ORDER))], 1):
            number = states.get(state, 0)
            if number:
                glyph, ink = glyph_of(state)
                groups.append((rank + 1 if state not in BAD else 1, [(f"{glyph} {number} {state}", ink)]))
        marks = len(self.table.marks)
        if marks:
            groups.append((0, [(f"▸ {marks} marked", "strong")]))
        if self.chosen:
            groups.append((0, [("/ ", "title"), (self.chosen.text, "accent")]))
        self.query_one("#counts", InkedLines).show([fitting(groups, self.size.width)])

    def _paint_table(self) -> None:
        model = monitor(self).model
        rows = list(model.plugins.values())
        problems = {row.id for row in model.open_problems()}
        matching = {row.id for row in rows if self.chosen.plugin(row, problems)}
        shown = rows if self.context else [row for row in rows if row.id in matching]
        lines = lines_of(model, shown)
        table = self.table
        if self._tree is not None:
            order, table.indents = dependency_tree(list(lines), self._tree)
            lines = {key: lines[key] for key in order}
            table.sort_key = ""
        table.show(lines, frozenset(lines.keys() - matching))
        self.say_seen(len(matching), len(rows))

    def _paint_detail(self) -> None:
        model = monitor(self).model
        row = model.plugins.get(self.table.cursor_key)
        problems = [p for p in model.open_problems() if row is not None and p.plugin == row.id]
        self.query_one("#detail", InkedLines).show(
            [] if row is None else detail_of(row, problems, model.clock.wall(), self.size.width)
        )

    # Keys

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Show the other row's detail."""
        event.stop()
        self._paint_detail()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Open the plugin."""
        event.stop()
        monitor(self).open_plugin(event.key)

    def on_log_view_opened(self, event: LogView.Opened) -> None:
        """Open the plugin's log."""
        event.stop()
        if event.row.plugin:
            monitor(self).open_plugin(event.row.plugin, "logs")

    def filtered(self) -> None:
        """Show what is chosen."""
        self._paint_counts()
        self._paint_table()
        self._paint_detail()

    @property
    def can_filter(self) -> bool:
        """Whether there are plugins."""
        return bool(monitor(self).model.plugins)

    def targets(self) -> Sequence[str]:
        """The marked ones, or the one under the cursor."""
        return self.table.chosen()

    def seek(self, step: int) -> bool:
        """Go to the next row."""
        return self.table.seek(step, lambda line: True)

    def seek_error(self, step: int) -> bool:
        """Go to the next row whose state is bad."""
        return self.table.seek(step, lambda line: line.row.state in BAD)

    def action_mark(self) -> None:
        """Mark the row, or take its mark away."""
        self.table.mark()
        self._paint_counts()

    def action_mark_all(self) -> None:
        """Mark all that is shown, or none."""
        self.table.mark(list(self.table.order))
        self._paint_counts()

    def action_only_problems(self) -> None:
        """Filter for problems, or no longer."""
        monitor(self).set_filter(self, "" if self.chosen.text == "is:problem" else "is:problem")

    def action_tree(self) -> None:
        """Show what depends on what, or a flat table."""
        if self._tree is None:
            monitor(self).start(self._grow)
        else:
            self._tree = None
            self.table.indents = {}
            self.table.sort_by("plugin")

    async def _grow(self) -> None:
        app = monitor(self)
        known: dict[str, tuple[str, ...]] = {}
        for plugin in list(app.model.plugins):
            page = await app.page_of(plugin)
            known[plugin] = () if page is None else page.depends_on
        self._tree = known
        self._paint_table()

    def action_columns(self) -> None:
        """Choose columns."""
        table = self.table
        offered: list[tuple[str, str, bool]] = []
        for column in table.columns:
            folds = "" if table.has_room(column.key) else "no room now: "
            words = f"{fit(column.title, 9)} {folds}{column.meaning}"
            offered.append((column.key, words, column.key not in table.hidden))

        def take(shown: list[str] | None) -> None:
            if shown is not None:
                table.hidden = {key for key, _, _ in offered if key not in shown} - {"plugin"}
                table.lay_out()

        monitor(self).push_screen(PickColumns(offered), take)

    def action_tab(self, tab: str) -> None:
        """Open one of the plugin's tabs."""
        if self.table.cursor_key:
            monitor(self).open_plugin(self.table.cursor_key, tab)

    def action_call(self) -> None:
        """Call one of the plugin's methods."""
        if self.table.cursor_key:
            monitor(self).call_form(self.table.cursor_key)

    # What leaves the screen

    def copied(self) -> str:
        """The ids of what is chosen."""
        return "\n".join(self.table.chosen())

    def command_line(self) -> str:
        """The table on the command line, or the plugin."""
        if self.chosen:
            return f"plughost ps --filter {shlex.quote(self.chosen.text)}"
        chosen = self.table.chosen()
        return f"plughost why {shlex.quote(chosen[0])}" if chosen else "plughost ps"

    def written(self) -> tuple[str, list[str], Any]:
        """The table as it is sorted and filtered."""
        model = monitor(self).model
        rows = [model.plugins[key] for key in self.table.order if key in model.plugins]
        return (
            "plugins",
            table_text(lines_of(model, rows).values()),
            [msgspec.to_builtins(row) for row in rows],
        )
