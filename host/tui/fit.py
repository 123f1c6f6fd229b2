"""Fit: a text in exactly so many cells of a screen, whatever characters it has."""

from typing import Final

from rich.cells import cell_len, set_cell_size

CUT: Final = "…"


def fit(text: str, width: int, *, right: bool = False) -> str:
    """Return a text in exactly `width` cells: filled with spaces, or cut with a mark."""
    if width <= 0:
        return ""
    cells = len(text) if text.isascii() else cell_len(text)
    if cells <= width:
        space = " " * (width - cells)
        return space + text if right else text + space
    if text.isascii():
        return text[: width - 1] + CUT
    return set_cell_size(set_cell_size(text, width - 1).rstrip() + CUT, width)
