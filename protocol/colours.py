"""Colours of themes: which texts are colours, and how well one is read on another. Pure.

Used by the host, which checks a theme, and by front ends, which draw with it.
"""

import colorsys
import re
from typing import Final

READABLE: Final = 4.5
"""Contrast of text on its background, as WCAG 2 asks at level AA."""

Colour = tuple[float, float, float]
"""Red, green and blue, 0 to 1."""

_HEX = re.compile(r"#(?:[0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})\Z", re.IGNORECASE)
_FUNCTION = re.compile(r"(rgb|hsl)a?\(([0-9.%,\s/]+)\)\Z", re.IGNORECASE)


def read_colour(text: str) -> Colour | None:
    """Return a colour's red, green and blue, 0 to 1; None for what is no colour. Transparency is left out."""
    if _HEX.match(text):
        digits = text[1:]
        if len(digits) < 6:
            digits = "".join(digit * 2 for digit in digits)
        return int(digits[0:2], 16) / 255, int(digits[2:4], 16) / 255, int(digits[4:6], 16) / 255
    found = _FUNCTION.match(text)
    if found is None:
        return None
    words = re.split(r"[\s,/]+", found[2].strip())
    try:
        figures = [float(word.removesuffix("%")) for word in words]
    except ValueError:
        return None
    if len(figures) not in (3, 4):
        return None
    first, second, third = figures[:3]
    if found[1].lower() == "hsl":
        if first > 360 or second > 100 or third > 100:
            return None
        return colorsys.hls_to_rgb(first / 360, third / 100, second / 100)
    most = 100.0 if words[0].endswith("%") else 255.0
    if max(first, second, third) > most:
        return None
    return first / most, second / most, third / most


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast of two colours, 1 to 21, as WCAG 2 reckons it."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: Colour) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in colour
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
