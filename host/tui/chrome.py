"""Chrome: the lines around every screen: the host's health, the screens, a lost connection, the keys."""

from collections.abc import Iterable

from textual import events
from textual.binding import Binding

from host.facade.figures import age, clock, counted, many, percent, rate, size, took
from host.tui.fit import fit
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Part, Parts, cells_of, fitting, spread
from host.tui.keys import SCREENS, shown
from host.tui.log_lines import MIN_TEXT_CELLS, wrapped
from host.tui.model import Model
from host.tui.states import BAD

BANNER_LINES = 4
"""Of what happened, and of what to do; the latter has them first."""
BANNER_INDENT = 5

LAG_WARN_S = 0.1
LAG_BAD_S = 1.0
"""A host whose loop lags more than this counts no missed ping against a plugin."""


def link_parts(model: Model, paused: bool) -> Parts:
    """Return how the connection stands."""
    if model.link == "live":
        return [("‖ paused ", "warn")] if paused else [("● live ", "good")]
    if model.link == "connecting":
        return [("◐ connecting ", "accent")]
    return [("✖ lost ", "bad")]


class HeaderLine(InkedLines):
    """The host, in one line."""

    def paint(self) -> None:
        """Show how it is now."""
        app = monitor(self)
        model, width = app.model, self.size.width
        right = [*([("read-only ", "dim")] if app.read_only else []), *app.link_parts()]
        self.show([spread(fitting(_health(model), width - cells_of(right) - 2), right, width)])


def _health(model: Model) -> list[tuple[int, Parts]]:
    """Return what is known of the host; each figure keeps its place while it moves."""
    host, page = model.host, model.page
    if host is None:
        return [(0, [(" plughost", "strong")])]
    now_s = model.now_s
    lag = host.loop_lag_s
    groups: list[tuple[int, Parts]] = [
        (0, [(f" {host.name}", "strong"), (f" {host.app_version}" if host.app_version else "", "dim")]),
        (3, [("up ", "dim"), (fit(age(now_s - host.started_at_s), 6), "plain")]),
        (1, [("cpu ", "dim"), (fit(f"{percent(host.cpu_cores)}%", 4), "plain")]),
        (2, [("mem ", "dim"), (fit(size(host.rss_bytes), 4), "plain")]),
        (
            4,
            [
                ("lag ", "dim"),
                (fit(took(lag), 5), "bad" if lag >= LAG_BAD_S else "warn" if lag >= LAG_WARN_S else "plain"),
            ],
        ),
        (5, [("rpc ", "dim"), (fit(f"{rate(host.calls_per_s)}/s", 6), "plain")]),
        (0, _problems(model)),
    ]
    if page is not None and page.socket:
        groups.append((6, [(page.socket, "dim")]))
    groups.append((7, [(f"{counted(host.events, 'event')}", "dim")]))
    return groups


def _problems(model: Model) -> Parts:
    """Return how many problems there are; that there are none only where that is known."""
    fresh, quiet = len(model.open_problems()), model.quiet_problems()
    if fresh:
        return [(f"▲ {many(fresh, 'problem')}", "warn")]
    if model.link == "lost":
        return [("problems unknown", "dim")]
    return [(f"✓ none new ({quiet} seen or muted)" if quiet else "✓ no problems", "good")]


def tiny_line(model: Model, width: int) -> Parts:
    """Return all that a terminal without room for more shows."""
    states = model.states()
    bad = sum(states.get(state, 0) for state in BAD)
    active, problems, quiet = states.get("active", 0), len(model.open_problems()), model.quiet_problems()
    link: Part = (model.link, "plain" if model.link == "live" else "bad")
    groups: list[tuple[int, Parts]] = [
        (0, [link, (f" {active}/{len(model.plugins)} active", "plain")]),
        (1, [(f"{bad} bad", "bad" if bad else "plain")]),
        (2, [(many(problems, "problem"), "warn" if problems else "plain")]),
        *([(3, [(f"{quiet} seen or muted", "dim")])] if quiet else []),
    ]
    return fitting(groups, width, (", ", "dim"))


class NavLine(InkedLines):
    """The screens; the one that is open stands out, also without colours."""

    def __init__(self, mode: str) -> None:
        super().__init__(id="nav")
        self._mode = mode
        self._places: list[tuple[int, int, str]] = []

    def paint(self) -> None:
        """Show them, and how many problems there are."""
        app = monitor(self)
        problems = len(app.model.open_problems())
        parts: list[Part] = [(" ", "plain")]
        self._places = []
        for screen in SCREENS:
            title = f"{screen.title} {problems}" if screen.mode == "problems" and problems else screen.title
            here = screen.mode == self._mode
            start = cells_of(parts)
            text = f"[{screen.key} {title}]" if here else f" {screen.key} {title} "
            parts.append((text, "title" if here else "dim"))
            self._places.append((start, start + len(text), screen.mode))
        right: list[Part] = [(f"{clock(app.model.clock.wall())} ", "dim")]
        self.show([spread(parts, right, self.size.width)])

    async def on_click(self, event: events.Click) -> None:
        """Open a screen."""
        for start, end, mode in self._places:
            if start <= event.x < end:
                await monitor(self).open_mode(mode)


class Banner(InkedLines):
    """Says that the connection is lost, why, and what happens; not there while all is well."""

    DEFAULT_CSS = "Banner { height: 2; display: none; }"

    def paint(self) -> None:
        """Show how long ago it was, and what to do, in as many lines as that takes."""
        model = monitor(self).model
        if model.lost_at_s is None or model.link != "lost":
            return
        gone = age(model.clock.wall() - model.lost_at_s)
        remedy = model.remedy or "start it again, with `plughost run`"
        room = max(MIN_TEXT_CELLS, monitor(self).size.width - BANNER_INDENT - 1)
        remedy = f"{remedy.rstrip('.')}. Its last picture stays; it is tried each second."
        ways = wrapped(remedy, room)[: BANNER_LINES - 1]
        why = wrapped(f"The host is gone for {gone}: {model.why}", room)[: BANNER_LINES - len(ways)]
        lines: list[Parts] = [
            *([(" ✖ " if not number else "   ", "bad"), (line, "bad")] for number, line in enumerate(why)),
            *(
                [("   → " if not number else "     ", "good"), (line, "warn")]
                for number, line in enumerate(ways)
            ),
        ]
        self.styles.height = len(lines)
        self.show(lines)


class KeyLine(InkedLines):
    """The keys that matter here, made from the bindings in force."""

    def paint(self, bindings: Iterable[Binding]) -> None:
        """Show as many as there is room for; help is always one of them."""
        groups: list[tuple[int, Parts]] = []
        for number, binding in enumerate(bindings):
            key = binding.key_display or shown(binding.key)
            rank = 0 if binding.action == "help" else number + 1
            groups.append((rank, [(key, "title"), (f" {binding.description}", "dim")]))
        self.show([[(" ", "plain"), *fitting(groups, self.size.width - 1)]])
