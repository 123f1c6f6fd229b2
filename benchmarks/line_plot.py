"""Line plots: several figures over one count, a panel each, on logarithmic axes: what is linear is a straight
line that rises as steeply as the grey one.

Written as text, so that no plotting library is needed.
"""

import math
from html import escape
from typing import NamedTuple

_WIDTH = 760
_PANEL = 190
_LEFT, _RIGHT, _HEAD, _FOOT = 70, 20, 28, 34
_STYLE = "text{font:12px sans-serif;fill:#374151}.title{font-weight:bold;fill:#111827}.tick{font-size:10px;fill:#6b7280}"


class Series(NamedTuple):
    """One figure at every count."""

    title: str
    figures: list[float]


def line_plot(title: str, unit: str, counts: list[float], series: list[Series]) -> str:
    """Return an SVG document."""
    height = _PANEL * len(series)
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(title)}">',
            f"<style>{_STYLE}</style>",
            f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
            *(part for place, one in enumerate(series) for part in _panel(one, unit, counts, place * _PANEL)),
            "</svg>",
            "",
        ]
    )


def _panel(one: Series, unit: str, counts: list[float], top: float) -> list[str]:
    figures = [max(figure, 1e-6) for figure in one.figures]
    across, up = _Axis(counts, _LEFT, _WIDTH - _RIGHT), _Axis(figures, top + _PANEL - _FOOT, top + _HEAD)
    points = " ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in zip(counts, figures, strict=True))
    parts = [f'<text class="title" x="8" y="{top + 18:g}">{escape(one.title)}</text>']
    for tick in up.ticks():
        parts.append(
            f'<line x1="{_LEFT}" y1="{up(tick):.1f}" x2="{_WIDTH - _RIGHT}" y2="{up(tick):.1f}" stroke="#e5e7eb"/>'
        )
        parts.append(
            f'<text class="tick" x="{_LEFT - 6}" y="{up(tick) + 3:.1f}" text-anchor="end">{tick:,.6g}</text>'
        )
    parts += [
        f'<text class="tick" x="{across(count):.1f}" y="{top + _PANEL - 18:g}" text-anchor="middle">{count:,.0f}</text>'
        for count in counts
    ]
    parts.append(
        f'<text class="tick" x="{_WIDTH - _RIGHT}" y="{top + _PANEL - 6:g}" text-anchor="end">{escape(unit)}</text>'
    )
    # Where a figure that grows as the count does would lie, from the last point back.
    linear = [(count, figures[-1] * count / counts[-1]) for count in counts]
    linear = [(x, y) for x, y in linear if y >= up.least]
    parts.append(
        f'<polyline points="{" ".join(f"{across(x):.1f},{up(y):.1f}" for x, y in linear)}" fill="none" stroke="#9ca3af" stroke-dasharray="4 4"/>'
    )
    parts.append(f'<polyline points="{points}" fill="none" stroke="#0b6e4f" stroke-width="2"/>')
    parts += [
        f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="3" fill="#0b6e4f"/>'
        for x, y in zip(counts, figures, strict=True)
    ]
    return parts


class _Axis:
    """Figures to places, logarithmic."""

    def __init__(self, figures: list[float], low: float, high: float) -> None:
        self.least = min(figures) / 1.2
        self._most = max(figures) * 1.2
        self._low, self._high = low, high

    def __call__(self, figure: float) -> float:
        share = math.log(figure / self.least) / math.log(self._most / self.least)
        return self._low + share * (self._high - self._low)

    def ticks(self) -> list[float]:
        """Return powers of ten, or finer steps where there are few."""
        decades = range(math.floor(math.log10(self.least)), math.ceil(math.log10(self._most)) + 1)
        for steps in ((1,), (1, 3), (1, 2, 5), tuple(range(1, 10))):
            ticks = [step * 10.0**decade for decade in decades for step in steps]
            ticks = [tick for tick in ticks if self.least <= tick <= self._most]
            if len(ticks) >= 3:
                break
        return ticks
