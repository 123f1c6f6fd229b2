"""ProblemsScreen: what needs somebody: each problem with its evidence and the key that mends it."""

import shlex
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, ClassVar, Final, cast

import msgspec
from textual.binding import Binding, BindingType
from textual.widget import Widget

from host.facade.facade import Facade
from host.facade.figures import clock, many
from host.facade.filters import Filter
from host.facade.rows import ProblemRow
from host.tui.acts import OF_A_PLUGIN
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Parts, fitting
from host.tui.keys import ACT, PLUGIN_BINDINGS, SHOW, VERB_BINDINGS
from host.tui.log_lines import MIN_TEXT_CELLS, wrapped
from host.tui.nothing import none_of, not_known
from host.tui.problem_columns import PROBLEM_COLUMNS, Shown, fix_words, is_muted
from host.tui.screen import TABLE_TICKS, MonitorScreen
from host.tui.states import severity_glyph
from host.tui.table import RowTable

MUTE_S: Final = 3600.0
REMEDY_LINES: Final = 3

HOST_FIXES: Final[dict[str, Callable[[Facade], Awaitable[Any]]]] = {"host_rescan": lambda f: f.host_rescan()}
"""Verbs that mend a problem and take no plugin."""


class ProblemsScreen(MonitorScreen):
    """The problems, and the one under the cursor with all that is known of it."""

    DEFAULT_CSS = """
    ProblemsScreen #evidence { height: 10; border-top: solid $panel; }
    ProblemsScreen.-low #evidence { height: 8; }
    ProblemsScreen.-ascii #evidence { border-top: ascii $panel; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "fix", "mend", group=ACT),
        Binding("a", "acknowledge", "acknowledge", group=ACT),
        Binding("m", "mute", "mute for an hour", group=ACT),
        *(Binding(b.key, b.action, b.description, show=False, group=b.group) for b in VERB_BINDINGS),
        *PLUGIN_BINDINGS,
        Binding("A", "all", "all, or only new ones", group=SHOW),
    ]
    mode = "problems"
    subject = "plugin"

    def __init__(self) -> None:
        super().__init__()
        self._all = False

    def body(self) -> Iterable[Widget]:
        """Counts, table, evidence."""
        yield InkedLines(id="counts")
        table = RowTable[Shown](PROBLEM_COLUMNS, empty="All is well: nothing needs you.")
        table.add_class("main")
        yield table
        evidence = InkedLines(id="evidence")
        evidence.add_class("unzoomed")
        yield evidence

    @property
    def table(self) -> RowTable[Shown]:
        """The problems."""
        return cast("RowTable[Shown]", self.query_one(RowTable))

    def paint(self, ticks: int, at_once: bool) -> None:
        """Twice a second, and when one comes or goes."""
        if ticks % TABLE_TICKS == 0 or at_once:
            self.filtered()

    def filtered(self) -> None:
        """Show what the filter chooses."""
        model = monitor(self).model
        now_s = model.now_s
        opened = model.open_problems()
        quiet = sorted(
            (row for row in model.problems.values() if row not in opened),
            key=lambda row: (-row.since_s, row.id),
        )
        rows = [*opened, *quiet] if self._all else opened
        matching = frozenset(
            row.id for row in rows if _chosen(self.chosen, row, model.plugins.get(row.plugin))
        )
        shown = {row.id: (row, now_s) for row in rows if self.context or row.id in matching}
        self.table.empty = _nothing(len(rows), len(quiet), filtered=bool(self.chosen))
        unknown = not_known(model, answered=model.link == "live")
        self.table.unknown = "" if rows else unknown
        self.table.show(shown, frozenset(shown.keys() - matching))
        self.say_seen(len(matching), len(rows))
        errors = sum(row.severity == "error" for row in opened)
        groups: list[tuple[int, Parts]] = [
            (0, [(f" {many(len(opened), 'problem')}", "strong")]),
            (1, [(f"✖ {many(errors, 'error')}", "bad" if errors else "dim")]),
            (1, [(f"▲ {many(len(opened) - errors, 'warning')}", "warn" if len(opened) > errors else "dim")]),
        ]
        if unknown and not rows:
            groups = [(0, [(" problems unknown", "dim")])]
        if quiet:
            shows = "hides them" if self._all else "shows them"
            groups.append((2, [(f"{len(quiet)} seen or muted", "dim"), ("  A ", "title"), (shows, "dim")]))
        if self.chosen:
            groups.append((0, [("/ ", "title"), (self.chosen.text, "accent")]))
        self.query_one("#counts", InkedLines).show([fitting(groups, self.size.width)])
        self._paint_evidence()

    def _paint_evidence(self) -> None:
        row = self._row()
        if row is None:
            self.query_one("#evidence", InkedLines).show([])
            return
        glyph, ink = severity_glyph(row.severity)
        remedy = wrapped(row.remedy, max(MIN_TEXT_CELLS, self.size.width - 7))[:REMEDY_LINES]
        lines: list[Parts] = [
            [
                (f" {glyph} {row.title}", ink),
                (f"  {row.plugin or 'the host'}", "accent"),
                (f"  since {clock(row.since_s)}, {many(row.count, 'time')}", "dim"),
            ],
            *([(f"   {line}", "plain")] for line in self._wrapped(row.evidence, 2 + len(remedy))),
            *(
                [("   → " if not number else "     ", "good"), (line, "strong")]
                for number, line in enumerate(remedy)
            ),
        ]
        may = self.hints("acknowledge")
        hints: list[tuple[str, str]] = [("f", f"mend: {fix_words(row.fix)}")] if row.fix and may else []
        hints += [("Enter", "open the plugin"), ("l", "logs")] if row.plugin else [("5", "the host's screen")]
        hints += [("a", "acknowledge"), ("m", "mute")] if may else []
        keys: list[tuple[int, Parts]] = [
            (number, [(f"{'   ' if not number else ''}{key}", "title"), (f" {words}", "dim")])
            for number, (key, words) in enumerate(hints)
        ]
        lines.append(fitting(keys, self.size.width))
        self.query_one("#evidence", InkedLines).show(lines)

    def _wrapped(self, sentences: Sequence[str], others: int) -> list[str]:
        """Return sentences as lines, as many as have room beside so many others."""
        width = max(MIN_TEXT_CELLS, self.size.width - 5)
        lines = [line for sentence in sentences for line in wrapped(sentence, width)]
        most = self.query_one("#evidence").size.height - others
        return lines if len(lines) <= most else [*lines[: max(0, most - 1)], "…"]

    def _row(self) -> ProblemRow | None:
        return monitor(self).model.problems.get(self.table.cursor_key)

    # Keys

    def on_row_table_moved(self, event: RowTable.Moved) -> None:
        """Show the other one's evidence."""
        event.stop()
        self._paint_evidence()

    def on_row_table_opened(self, event: RowTable.Opened) -> None:
        """Open the plugin, or the host's screen."""
        event.stop()
        self.action_tab("summary")

    def action_tab(self, tab: str) -> None:
        """Open a tab of the plugin."""
        row = self._row()
        if row is None:
            return
        app = monitor(self)
        if row.plugin:
            app.open_plugin(row.plugin, tab)
        else:
            app.start(app.open_mode, "host")

    def action_call(self) -> None:
        """Call a method of the plugin."""
        row = self._row()
        if row is not None and row.plugin:
            monitor(self).call_form(row.plugin)

    def action_fix(self) -> None:
        """Do what mends it."""
        row, app = self._row(), monitor(self)
        if row is None:
            app.say("There is no problem here to mend", "warning")
        elif row.fix in OF_A_PLUGIN and row.plugin:
            app.acts.do(row.fix, [row.plugin])
        elif row.fix in HOST_FIXES:
            app.acts.ask(HOST_FIXES[row.fix], f"{row.title}: done")
        elif row.fix == "prompt_answer":
            app.asked.open_of(row.plugin)
        else:
            app.say(f"No key mends this: {row.remedy}", "warning")

    def action_acknowledge(self) -> None:
        """Say that somebody knows."""
        row = self._row()
        if row is not None:
            monitor(self).acts.ask(lambda f: f.problem_acknowledge(row.id), f"{row.title}: acknowledged")

    def action_mute(self) -> None:
        """Hide it for an hour, or no longer."""
        row = self._row()
        if row is None:
            return
        muted = is_muted((row, monitor(self).clock.wall()))
        seconds, said = (0.0, "heard again") if muted else (MUTE_S, "muted for an hour")
        monitor(self).acts.ask(lambda f: f.problem_mute(row.id, seconds), f"{row.title}: {said}")

    def action_all(self) -> None:
        """Show those that are acknowledged or muted too, or no longer."""
        self._all = not self._all
        self.filtered()

    def targets(self) -> Sequence[str]:
        """The plugin of the problem."""
        row = self._row()
        return (row.plugin,) if row is not None and row.plugin else ()

    def hints(self, action: str) -> bool:
        """Whether the problem under the cursor can be mended, or there is one at all."""
        row = self._row()
        if action in ("fix", "acknowledge", "mute") and (row is None or (action == "fix" and not row.fix)):
            return False
        return super().hints(action)

    def seek(self, step: int) -> bool:
        """Go to the next problem."""
        return self.table.seek(step, lambda x: True)

    def seek_error(self, step: int) -> bool:
        """Go to the next error."""
        return self.table.seek(step, lambda x: x[0].severity == "error")

    # Leaving the screen

    def copied(self) -> str:
        """The problem, whole."""
        row = self._row()
        return (
            ""
            if row is None
            else "\n".join([f"{row.plugin or 'host'}: {row.title}", *row.evidence, row.remedy])
        )

    def command_line(self) -> str:
        """The same on the command line."""
        row = self._row()
        return (
            f"plughost why {shlex.quote(row.plugin)}"
            if row is not None and row.plugin
            else "plughost problems"
        )

    def written(self) -> tuple[str, list[str], Any]:
        """All that is shown."""
        rows = [monitor(self).model.problems[key] for key in self.table.order]
        lines = [f"{r.severity}\t{r.plugin}\t{r.title}\t{' '.join(r.evidence)}\t{r.remedy}" for r in rows]
        return "problems", lines, [msgspec.to_builtins(row) for row in rows]


def _nothing(known: int, quiet: int, *, filtered: bool) -> str:
    """Return what is said where no problem is shown: of `known` ones that are not filtered away."""
    if filtered and known:
        return none_of(known)
    return (
        f"Nothing new; {quiet} seen or muted: A shows them." if quiet else "All is well: nothing needs you."
    )


def _chosen(chosen: Filter, row: ProblemRow, plugin: Any) -> bool:
    """Return whether a problem is chosen: by its own words, or by the plugin that it is about."""
    if not chosen:
        return True
    if any(
        p.search(text) for p in chosen.patterns for text in (row.title, row.kind, row.remedy, *row.evidence)
    ):
        return True
    return plugin is not None and chosen.plugin(plugin, (row.id,))
