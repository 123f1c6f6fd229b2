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
_STYLE = (
    "text{font:12px sans-serif;fill:#374151}"
    ".title{font-weight:bold;fill:#111827}"
    ".tick{font-size:10px;fill:#6b7280}"
)


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
    right, bottom = _WIDTH - _RIGHT, top + _PANEL - _FOOT
    across, up = _Axis(counts, _LEFT, right), _Axis(figures, bottom, top + _HEAD)
    parts = [f'<text class="title" x="8" y="{top + 18:g}">{escape(one.title)}</text>']
    for tick in up.ticks():
        y = up(tick)
        parts += [
            f'<line x1="{_LEFT}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#e5e7eb"/>',
            _tick(_LEFT - 6, y + 3, f"{tick:,.6g}", "end"),
        ]
    parts += [_tick(across(count), bottom + 16, f"{count:,.0f}", "middle") for count in counts]
    parts.append(_tick(right, bottom + 28, escape(unit), "end"))
    # Where a figure that grows as the count does would lie, from the last point back.
    linear = [(count, figures[-1] * count / counts[-1]) for count in counts]
    straight = [(across(x), up(y)) for x, y in linear if y >= up.least]
    taken = [(across(x), up(y)) for x, y in zip(counts, figures, strict=True)]
    parts += [
        f'<polyline points="{_points(straight)}" fill="none" stroke="#9ca3af" stroke-dasharray="4 4"/>',
        f'<polyline points="{_points(taken)}" fill="none" stroke="#0b6e4f" stroke-width="2"/>',
    ]
    return parts + [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#0b6e4f"/>' for x, y in taken]


def _tick(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="tick" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{text}</text>'


def _points(places: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in places)


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
