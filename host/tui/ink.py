"""Ink: the few styles that own widgets draw with, made from the theme in force.

Every meaning has also a glyph or a word: with NO_COLOR the same inks hold only bold, dim and reverse.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from rich.style import Style
from textual.color import Color, ColorParseError

InkName = Literal[
    "plain", "strong", "dim", "good", "warn", "bad", "accent", "title", "cursor", "mark", "found"
]

_VARIABLES: Final[dict[InkName, tuple[str, ...]]] = {
    "good": ("text-success", "success"),
    "warn": ("text-warning", "warning"),
    "bad": ("text-error", "error"),
    "accent": ("text-primary", "primary"),
    "dim": ("text-muted-solid", "foreground-darken-3"),
}


@dataclass(frozen=True, slots=True)
class Inks:
    """A style for each name."""

    styles: Mapping[InkName, Style]

    def __getitem__(self, name: str) -> Style:
        """Raises KeyError for a name that is no ink's."""
        return self.styles[cast("InkName", name)]


def inks_of(variables: Mapping[str, str], *, coloured: bool) -> Inks:
    """Return the inks of a theme's variables; without colours where they are not wanted."""
    if not coloured:
        plain = Style()
        return Inks(
            {
                "plain": plain,
                "strong": Style(bold=True),
                "dim": Style(dim=True),
                "good": plain,
                "warn": Style(bold=True),
                "bad": Style(bold=True),
                "accent": plain,
                "title": Style(bold=True, underline=True),
                "cursor": Style(reverse=True),
                "mark": Style(bold=True),
                "found": Style(underline=True, bold=True),
            }
        )

    background = _parsed(variables, "background") or Color(18, 18, 18)
    foreground = _parsed(variables, "foreground") or Color(224, 224, 224)

    def ink(name: InkName, *, bold: bool = False) -> Style:
        found = next((c for v in _VARIABLES[name] if (c := _parsed(variables, v)) is not None), foreground)
        return Style(color=readable(found, background).rich_color, bold=bold)

    dim = readable(background.blend(foreground, 0.62), background)
    primary = _parsed(variables, "primary") or foreground
    found = _parsed(variables, "warning") or foreground
    return Inks(
        {
            "plain": Style(color=foreground.rich_color),
            "strong": Style(color=foreground.rich_color, bold=True),
            "dim": Style(color=dim.rich_color),
            "good": ink("good"),
            "warn": ink("warn"),
            "bad": ink("bad", bold=True),
            "accent": ink("accent"),
            "title": Style(color=readable(primary, background).rich_color, bold=True),
            "cursor": Style(bgcolor=_under(foreground, background, primary, 0.45).rich_color, bold=True),
            "mark": Style(bgcolor=_under(foreground, background, found, 0.25).rich_color),
            "found": Style(color=background.rich_color, bgcolor=found.rich_color),
        }
    )


MIN_CONTRAST: Final = 4.5
"""Of text to its background, as WCAG 2.2 AA asks."""


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours by WCAG: from 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def readable(color: Color, background: Color) -> Color:
    """Return a colour that can be read on a background: itself, or moved as far as it must be."""
    goal = max((Color(255, 255, 255), Color(0, 0, 0)), key=lambda one: contrast(one, background))
    for step in range(11):
        moved = color.blend(goal, step / 10)
        if contrast(moved, background) >= MIN_CONTRAST:
            return moved
    return goal


def _under(foreground: Color, background: Color, tint: Color, share: float) -> Color:
    """Return a background with some of a tint, less of it where the text could not be read any more."""
    for step in range(10, 0, -1):
        tinted = background.blend(tint, share * step / 10)
        if contrast(foreground, tinted) >= MIN_CONTRAST:
            return tinted
    return background


def _luminance(color: Color) -> float:
    def linear(part: int) -> float:
        share = part / 255
        return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.r) + 0.7152 * linear(color.g) + 0.0722 * linear(color.b)


def _parsed(variables: Mapping[str, str], name: str) -> Color | None:
    value = variables.get(name, "")
    try:
        color = Color.parse(value)
    except ColorParseError:
        return None
    return None if color.ansi is not None or color.a < 1 else color
