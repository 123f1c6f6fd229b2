"""HostScreen: the host itself: versions, paths, limits, databases, and who is attached."""

from collections.abc import Iterable
from typing import Any, ClassVar, Final

import msgspec
from textual.binding import Binding, BindingType
from textual.widget import Widget

from host.base_error import PlughostError
from host.facade.figures import age, count, day, percent, rate, size, spark, took
from host.facade.pages import HostPage
from host.facade.rows import HostRow
from host.tui.border import cleaned
from host.tui.fit import fit
from host.tui.inked import monitor
from host.tui.inked_lines import InkedText, Part, Parts
from host.tui.keys import ACT, SHOW
from host.tui.nothing import not_known
from host.tui.screen import PLOT_TICKS, MonitorScreen

READ_TICKS: Final = 50
"""The page is read anew each five seconds, while it is seen."""

NAME_CELLS: Final = 16


class HostScreen(MonitorScreen):
    """The fifth screen: a text to scroll through."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "reload", "read again", group=SHOW),
        Binding("S", "rescan", "look for plugins again", group=ACT),
        Binding("X", "stop_host", "stop the host", group=ACT),
    ]
    mode = "host"
    filters = False

    def body(self) -> Iterable[Widget]:
        """The text."""
        text = InkedText()
        text.add_class("main")
        yield text

    def entered(self) -> None:
        """Read what is known."""
        self.action_reload()

    def paint(self, ticks: int, at_once: bool) -> None:
        """Once a second."""
        if ticks and ticks % READ_TICKS == 0:
            self.action_reload()
        if ticks % PLOT_TICKS and not at_once:
            return
        model = monitor(self).model
        if model.page is None:
            self.query_one(InkedText).show([[], [(f"  {not_known(model, answered=False)}", "dim")]])
            return
        width = max(10, min(60, self.size.width - 40))
        lines = _text(model.page, model.host, model.now_s)
        if model.host is not None:
            past = model.host_history
            lines[1:1] = [
                _row(
                    "CPU",
                    f"{percent(model.host.cpu_cores)}%",
                    (f"  {spark(list(past.cpu_cores), width)}", "accent"),
                ),
                _row(
                    "memory",
                    size(model.host.rss_bytes),
                    (f"  {spark(list(past.memory_bytes), width)}", "accent"),
                ),
                _row(
                    "calls",
                    f"{rate(model.host.calls_per_s)}/s",
                    (f"  {spark(list(past.calls_per_s), width)}", "accent"),
                ),
                _row(
                    "loop lag", took(model.host.loop_lag_s), (f"  {spark(list(past.p99_s), width)}", "accent")
                ),
                [],
            ]
        self.query_one(InkedText).show(lines)

    def action_reload(self) -> None:
        """Read it again."""
        monitor(self).start(self._read)

    async def _read(self) -> None:
        app = monitor(self)
        if app.link.facade is None:
            return
        try:
            app.model.page = cleaned(await app.link.facade.host())
        except (PlughostError, OSError) as error:
            app.say_error(error)

    def action_rescan(self) -> None:
        """Have the host look for plugins again."""
        monitor(self).acts.rescan()

    def action_stop_host(self) -> None:
        """Have the host end."""
        monitor(self).acts.stop_host()

    def copied(self) -> str:
        """All of it."""
        return self.query_one(InkedText).text

    def command_line(self) -> str:
        """The same on the command line."""
        return "plughost host"

    def written(self) -> tuple[str, list[str], Any]:
        """All of it."""
        page = monitor(self).model.page
        return (
            "host",
            self.query_one(InkedText).text.split("\n"),
            None if page is None else msgspec.to_builtins(page),
        )


def _row(name: str, value: str, *more: Part) -> Parts:
    return [(f"   {fit(name, NAME_CELLS)} ", "dim"), (fit(value, 6) if more else value, "plain"), *more]


def _text(page: HostPage, row: HostRow | None, now_s: float) -> list[Parts]:
    lines: list[Parts] = [
        [
            (f" {page.name}", "strong"),
            (f" {page.app_version}", "plain"),
            (f"  on plughost {page.version}", "dim"),
        ],
        _row("pid", str(page.pid)),
        _row("user", page.user + ("  ▲ root: plugins run as root too" if page.is_root else "")),
        _row("up", f"{age(now_s - page.started_at_s)}, since {day(page.started_at_s)}"),
        _row("Python", f"{page.python}, {page.loop}"),
        _row("platform", page.platform),
        _row("protocol", f"control {page.control_version}"),
        _row("warden", page.warden),
        [],
        [(" Paths", "title")],
        _row("data", page.data_folder),
        *(_row("plugins" if not number else "", folder) for number, folder in enumerate(page.plugin_folders)),
        _row("socket", page.socket or "none: only this process can look"),
        [],
        [(" Databases", "title")],
        *(_row(base.name, size(base.bytes), (f"  {base.path}", "dim")) for base in page.databases),
        [],
        [(" Attached", "title")],
    ]
    for client in page.clients:
        lost: list[Part] = [(f"  {client.dropped:,} lines lost", "warn")] if client.dropped else []
        who = f"pid {client.pid or '–'} uid {'–' if client.uid is None else client.uid}"
        lines.append(
            [
                (f"   {fit(client.name, 24)} ", "plain"),
                (who, "dim"),
                (f"  for {age(now_s - client.since_s)}", "dim"),
                *lost,
            ]
        )
    lines += [[], [(" Events", "title")]]
    lines += [_row(name, count(number)) for name, number in page.event_statistics.items()]
    if row is not None:
        lines += [[], [(" Since it started", "title")]]
        lines += [_row("calls", count(row.calls)), _row("errors", count(row.errors))]
    for title, values in (("Limits of plugins that ask for none", page.limits), ("Settings", page.settings)):
        lines += [[], [(f" {title}", "title")]]
        lines += [_row(name, str(value)) for name, value in values.items()] or [[("   as they come", "dim")]]
    if page.recorder_fault:
        lines += [[], [(f" ▲ The flight recorder is not written: {page.recorder_fault}", "warn")]]
    return lines
