"""SummaryTab: how a plugin does: what it uses over time, its last start and end, and its methods."""

import shlex
from collections.abc import Sequence
from typing import Any, Final, cast

import msgspec
from textual.app import ComposeResult
from textual.containers import Grid

from host.base_error import PlughostError
from host.facade.board import Board
from host.facade.figures import age, clock, count, counted, percent, rate, ratio, size, spark, took
from host.facade.plugin_pages import PluginPage
from host.facade.rows import METHODS, MethodRow, PluginRow
from host.tui.border import cleaned
from host.tui.columns import Cell, Column
from host.tui.fit import fit
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Part, Parts, fitting
from host.tui.link import METHODS_HZ
from host.tui.model import History
from host.tui.nothing import not_known
from host.tui.plot import Plot
from host.tui.screen import PLOT_TICKS
from host.tui.table import RowTable
from host.tui.tabs.tab import PluginTab

METHOD_COLUMNS: Final[tuple[Column[MethodRow], ...]] = (
    Column(
        "name",
        "METHOD",
        20,
        lambda row: Cell(row.name + (" ≈" if row.stream else ""), "strong"),
        lambda row: row.name,
        stretch=1,
        meaning="≈ is a stream",
    ),
    Column(
        "calls",
        "TOTAL",
        6,
        lambda row: Cell(count(row.calls)),
        lambda row: row.calls,
        right=True,
        falling=True,
    ),
    Column(
        "rate",
        "PER S",
        6,
        lambda row: Cell(rate(row.calls_per_s)),
        lambda row: row.calls_per_s,
        right=True,
        falling=True,
    ),
    Column(
        "p50", "P50", 6, lambda row: Cell(took(row.p50_s)), lambda row: row.p50_s, right=True, falling=True
    ),
    Column(
        "p95", "P95", 6, lambda row: Cell(took(row.p95_s)), lambda row: row.p95_s, right=True, falling=True
    ),
    Column(
        "p99", "P99", 6, lambda row: Cell(took(row.p99_s)), lambda row: row.p99_s, right=True, falling=True
    ),
    Column(
        "errors",
        "ERRORS",
        6,
        lambda row: Cell(count(row.errors), "bad" if row.errors else "dim"),
        lambda row: row.errors,
        right=True,
        falling=True,
    ),
    Column("share", "ERR%", 5, lambda row: Cell(_share(row)), None, right=True),
)


def _share(row: MethodRow) -> str:
    return ratio(100 * row.errors / row.calls if row.calls else 0)


class SummaryTab(PluginTab):
    """Plots where there is room for them, sparklines where there is not."""

    DEFAULT_CSS = """
    SummaryTab #plots { grid-size: 2 2; height: 16; grid-gutter: 0 2; padding: 0 1; }
    SummaryTab #sparks { height: 4; display: none; }
    SummaryTab #life { height: 4; }
    .-low SummaryTab #plots, .-narrow SummaryTab #plots, SummaryTab.-ascii #plots { display: none; }
    .-low SummaryTab #sparks, .-narrow SummaryTab #sparks, SummaryTab.-ascii #sparks { display: block; }
    .-low SummaryTab #life, .-narrow SummaryTab #life, SummaryTab.-ascii #life { height: 3; }
    """
    SCOPED_CSS = False
    """The screen says what there is room for."""

    def __init__(self, plugin: str) -> None:
        super().__init__(plugin)
        self._methods: dict[str, MethodRow] = {}
        self._page: PluginPage | None = None
        self._session: str | None = ""
        self._told = False
        """Whether the host told of methods."""
        self._before = History()
        """From before the monitor looked, out of the flight recorder,"""
        self._before_of = ""
        """and of which run of the host."""

    def compose(self) -> ComposeResult:
        """Plots, life, methods."""
        self.set_class(monitor(self).is_ascii, "-ascii")
        with Grid(id="plots"):
            yield Plot(percent, id="cpu")
            yield Plot(size, id="mem")
            yield Plot(rate, id="rpc")
            yield Plot(took, id="p99")
        yield InkedLines(id="sparks")
        yield InkedLines(id="life")
        table = RowTable[MethodRow](
            METHOD_COLUMNS, sort="calls", empty="No method was called in this session."
        )
        table.add_class("main")
        yield table

    @property
    def table(self) -> RowTable[MethodRow]:
        """The methods."""
        return cast("RowTable[MethodRow]", self.query_one(RowTable))

    def entered(self) -> None:
        """Follow its methods, and read what is known from before."""
        self.feed().board((METHODS + self.plugin,), METHODS_HZ, self._take)
        super().entered()

    @property
    def unknown(self) -> str:
        """Why it is not known which methods were called; empty where it is."""
        return not_known(monitor(self).model, answered=self._told, fault=self.fault)

    def _take(self, board: Board) -> None:
        self._told = METHODS + self.plugin in board.picture
        self._methods = {row.name: row for row in map(cleaned, board.methods(self.plugin).values())}

    async def read(self) -> None:
        """Ask for its last start and end, and for what it used before."""
        app = monitor(self)
        row = app.model.plugins.get(self.plugin)
        self._session = None if row is None else row.session
        page = await self.ask(lambda facade: facade.plugin(self.plugin))
        if page is not None:
            self._page = cleaned(page)
        if app.link.facade is None or (self._before_of == app.link.epoch and self._before.cpu_cores):
            return
        self._before, self._before_of = History(), app.link.epoch
        try:
            samples = await app.link.facade.plugin_samples(self.plugin)
        except (PlughostError, OSError):
            return
        self._before.cpu_cores.extend(samples.cpu_cores)
        self._before.memory_bytes.extend(samples.memory_bytes)

    def paint(self, ticks: int, at_once: bool) -> None:
        """Once a second."""
        if ticks % PLOT_TICKS and not at_once:
            return
        model = monitor(self).model
        row = model.plugins.get(self.plugin)
        if row is None:
            return
        if row.session != self._session:
            # Another start: its timings, and how the one before ended.
            monitor(self).start(self.read)
        past = model.histories.get(self.plugin) or History()
        self._paint_past(row, past)
        self._paint_life(row)
        self.table.show(self._methods)

    def _paint_past(self, row: PluginRow, past: History) -> None:
        cpu = [*self._before.cpu_cores, *past.cpu_cores]
        memory = [*self._before.memory_bytes, *past.memory_bytes]
        limit_cpu, limit_memory = row.cpu_limit_cores or None, row.memory_limit_bytes or None
        cpu_title = f"CPU {percent(row.cpu_cores)}%" + (f" of {percent(limit_cpu)}%" if limit_cpu else "")
        memory_title = f"Memory {size(row.memory_bytes)}" + (
            f" of {size(limit_memory)}" if limit_memory else ""
        )
        rpc_title = f"RPC {rate(row.calls_per_s)}/s"
        p99_title = f"p99 {took(row.p99_s)}"
        if self.query_one("#plots").display:
            self.query_one("#cpu", Plot).show(cpu_title, cpu, limit_cpu)
            self.query_one("#mem", Plot).show(memory_title, memory, limit_memory)
            self.query_one("#rpc", Plot).show(rpc_title, list(past.calls_per_s))
            self.query_one("#p99", Plot).show(p99_title, list(past.p99_s))
            return
        width = max(10, self.size.width - 30)
        lines: list[Parts] = [
            _spark_line(cpu_title, cpu, width, limit_cpu),
            _spark_line(memory_title, memory, width, limit_memory),
            _spark_line(rpc_title, past.calls_per_s, width),
            _spark_line(p99_title, past.p99_s, width),
        ]
        self.query_one("#sparks", InkedLines).show(lines)

    def _paint_life(self, row: PluginRow) -> None:
        page, now_s, width = self._page, monitor(self).model.now_s, self.size.width
        start: list[tuple[int, Parts]] = [(0, [(" Last start", "title")])]
        if page is not None and page.timings:
            for phase, seconds in page.timings.items():
                start.append((1, [(f"{phase} ", "dim"), (took(seconds), "plain")]))
            start.append((0, [("in all ", "dim"), (took(sum(page.timings.values())), "strong")]))
        else:
            start.append((0, [(super().unknown if page is None else "nothing is known of it", "dim")]))
        if page is not None and page.life:
            last = page.life[-1]
            start.append((2, [(f"{clock(last.at_s)} {last.old} → {last.new}", "dim")]))
        lines: list[Parts] = [fitting(start, width), self._end(page), _counts(row, width)]
        if page is not None and page.last_exit is not None and page.last_exit.stderr:
            lines.append([(" Its last line ", "dim"), (page.last_exit.stderr[-1], "warn")])
        elif row.retry_at_s is not None:
            lines.append([(f" ↻ It is tried again in {age(row.retry_at_s - now_s)}", "warn")])
        self.query_one("#life", InkedLines).show(lines)

    def _end(self, page: PluginPage | None) -> Parts:
        ended = None if page is None else page.last_exit
        if ended is None:
            said = f" {super().unknown}" if page is None else " none in this run of the host"
            return [(" Last end  ", "title"), (said, "dim")]
        line: list[Part] = [(" Last end  ", "title"), (f" {ended.exit_text or ended.cause}", "warn")]
        return [*line, (f" after {age(ended.uptime_s)}", "dim"), (f"  {ended.detail}", "plain")]

    # Leaving the screen

    def copied(self) -> str:
        """The method under the cursor."""
        return self.table.cursor_key

    def command_line(self) -> str:
        """Why it is as it is, on the command line."""
        return f"plughost why {shlex.quote(self.plugin)}"

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Call the method."""
        event.stop()
        monitor(self).call_form(self.plugin, event.key)

    def written(self) -> tuple[str, list[str], Any]:
        """The methods."""
        rows = [self._methods[key] for key in self.table.order]
        lines = ["\t".join(column.title for column in METHOD_COLUMNS)]
        lines += ["\t".join(column.cell(row).text for column in METHOD_COLUMNS) for row in rows]
        return f"{self.plugin}-methods", lines, [msgspec.to_builtins(row) for row in rows]


def _spark_line(title: str, values: Sequence[float | None], width: int, limit: float | None = None) -> Parts:
    known = [value for value in values if value is not None]
    top = max(known, default=0.0)
    if limit and top > limit * 0.5:
        top = max(top, limit)
    return [(f" {fit(title, 27)} ", "plain"), (spark(list(values), width, top), "accent")]


def _counts(row: PluginRow, width: int) -> Parts:
    groups: list[tuple[int, Parts]] = [
        (0, [(" Session   ", "title"), (f" {counted(row.calls, 'call')}", "plain")]),
        (1, [(f"{counted(row.errors, 'error')}", "bad" if row.errors else "plain")]),
        (2, [(f"{count(row.in_flight)} in flight", "plain")]),
        (3, [(f"{count(row.late)} late", "warn" if row.late else "plain")]),
        (4, [(f"{counted(row.faults, 'fault')}", "warn" if row.faults else "plain")]),
        (5, [(f"pid {row.pid or '–'}", "dim")]),
        (6, [(f"{counted(row.threads, 'thread')}", "dim")]),
        (7, [(f"{counted(row.descriptors, 'descriptor')}", "dim")]),
        (8, [(f"{counted(row.children, 'child', 'children')}", "dim")]),
    ]
    return fitting(groups, width)
