"""Plot: a figure over the last minutes, drawn by plotext, once a second at most."""

from collections.abc import Callable, Sequence
from typing import Any, Final, cast

from textual_plotext import PlotextPlot

from host.tui.inked import inks, monitor

TICKS: Final = 3
SECONDS: Final = 180
"""That are shown."""


class Plot(PlotextPlot):
    """One figure; its title says what it is now."""

    DEFAULT_CSS = "Plot { height: 1fr; width: 1fr; }"

    def __init__(self, written: Callable[[float | None], str], *, id: str) -> None:
        super().__init__(id=id)
        self._written = written
        self._shown: tuple[Any, ...] = ()

    def show(self, title: str, values: Sequence[float | None], limit: float | None = None) -> None:
        """Show values of a second's step, the newest last, and a limit as a line where it is near."""
        kept = [value for value in values if value is not None][-SECONDS:]
        shown = (title, tuple(kept), limit, self.size)
        if shown == self._shown:
            return
        self._shown = shown
        # plotext has no types.
        plt = cast("Any", self.plt)
        plt.clear_figure()
        plt.title(title)
        top = max(kept, default=0.0)
        top = max(top * 1.1, 1e-9)
        if limit and top > limit * 0.5:
            top = max(top, limit * 1.05)
            plt.hline(limit, "red")
        accent = inks(self)["accent"].color
        color = accent.triplet if accent is not None and accent.triplet is not None else "default"
        marker = "*" if monitor(self).is_ascii else "braille"
        if kept:
            ages = list(range(1 - len(kept), 1))
            plt.plot(ages, kept, marker=marker, color=color)
        else:
            plt.text(
                "nothing known yet",
                -SECONDS / 2,
                top / 2,
                alignment="center",
                color=color,
                background="default",
            )
        plt.xlim(-SECONDS + 1, 0)
        plt.ylim(0, top)
        plt.xticks([-SECONDS + 1, -SECONDS * 2 / 3, -SECONDS / 3, 0], ["-3m", "-2m", "-1m", "now"])
        # Of figures that are all nothing, or as good as that, only the ends are told apart.
        levels = [top * step / (TICKS - 1) for step in range(TICKS)] if any(kept) else [0.0]
        levels = list({self._written(level) if level else "0": level for level in levels}.values())
        plt.yticks(levels, [(self._written(level) if level else "0").rjust(5) for level in levels])
        plt.frame(False)
        self.refresh()
