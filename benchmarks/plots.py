"""Plots: a group's rows as one SVG, a panel a row, a line a contestant; on a logarithmic scale.

Written as text, so that no plotting library is needed. The dot is the median, the line reaches from the least
sample to the most.
"""

import math
from html import escape

from benchmarks.contestant import Contestant
from benchmarks.contestants import Plughost
from benchmarks.outcome import Outcome, shown
from benchmarks.rows import Group, Row

_WIDTH = 760
_LEFT = 140
_RIGHT = 90
_LINE = 18
_HEAD = 42
_FOOT = 26
_OURS = "#0b6e4f"
_OTHERS = "#6b7280"
_STYLE = (
    "text{font:12px sans-serif;fill:#374151}"
    ".title{font-weight:bold;fill:#111827}"
    ".tick{fill:#6b7280;font-size:10px}"
)


def to_svg(outcome: Outcome, group: Group) -> str:
    """Return the document; rows that nobody showed have no panel."""
    panels: list[str] = []
    top = 8.0
    for row in outcome.rows(group):
        measured = [one for one in outcome.contestants if outcome.samples(one.name, row)]
        if measured:
            panels += _panel(outcome, row, measured, top)
            top += _HEAD + _LINE * len(measured) + _FOOT
    height = math.ceil(top)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(group.title)}">',
            f"<style>{_STYLE}</style>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            *panels,
            "</svg>",
            "",
        ]
    )


def _panel(outcome: Outcome, row: Row, measured: list[type[Contestant]], top: float) -> list[str]:
    figures = [sample for one in measured for sample in outcome.samples(one.name, row).values()]
    scale = _Scale(min(figures), max(figures))
    bottom = top + _HEAD + _LINE * len(measured)
    parts = [
        f'<text class="title" x="8" y="{top + 16:g}">{escape(row.title)}, {escape(row.unit)}</text>',
        f'<text class="tick" x="8" y="{top + 31:g}">{row.better} is better</text>',
    ]
    for tick in scale.ticks():
        x = scale.x(tick)
        parts += [
            f'<line x1="{x:.1f}" y1="{top + _HEAD - 6:g}" x2="{x:.1f}" y2="{bottom:g}" stroke="#e5e7eb"/>',
            f'<text class="tick" x="{x:.1f}" y="{bottom + 12:g}" text-anchor="middle">{tick:,.10g}</text>',
        ]
    for place, one in enumerate(measured):
        samples = outcome.samples(one.name, row).values()
        median = outcome.median(one.name, row)
        assert median is not None
        y = top + _HEAD + _LINE * (place + 0.5)
        colour = _OURS if issubclass(one, Plughost) else _OTHERS
        parts += [
            f'<text x="{_LEFT - 10}" y="{y + 4:g}" text-anchor="end">{escape(one.name)}</text>',
            f'<line x1="{scale.x(min(samples)):.1f}" y1="{y:g}" x2="{scale.x(max(samples)):.1f}" y2="{y:g}" '
            f'stroke="{colour}" stroke-width="2"/>',
            f'<circle cx="{scale.x(median):.1f}" cy="{y:g}" r="4" fill="{colour}"/>',
            f'<text x="{_WIDTH - 8}" y="{y + 4:g}" text-anchor="end">{shown(median)}</text>',
        ]
    return parts


class _Scale:
    """Figures to places, logarithmic."""

    def __init__(self, least: float, most: float) -> None:
        self._low = math.log10(max(least, 1e-9) / 1.2)
        self._high = math.log10(max(most, 1e-9) * 1.2)

    def x(self, figure: float) -> float:
        share = (math.log10(max(figure, 1e-9)) - self._low) / (self._high - self._low)
        return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)

    def ticks(self) -> list[float]:
        """Return the powers of ten between, or finer steps where there are few."""
        decades = range(math.floor(self._low), math.ceil(self._high) + 1)
        for steps in ((1,), (1, 3), (1, 2, 5), tuple(range(1, 10))):
            ticks = [step * 10.0**decade for decade in decades for step in steps]
            ticks = [tick for tick in ticks if self._low <= math.log10(tick) <= self._high]
            if len(ticks) >= 3:
                break
        return ticks
