"""Tiny: terminals in which one line is shown and no row; nothing is changed from there."""

from typing import Final

from textual.geometry import Size

LEAST_COLUMNS: Final = 60
LEAST_ROWS: Final = 15

TOO_SMALL: Final = (
    f"Nothing was done: what it would be done to can't be seen in a terminal under "
    f"{LEAST_COLUMNS}x{LEAST_ROWS}. Make it larger"
)


def is_tiny(size: Size) -> bool:
    """Return whether a terminal has room for no more than a line."""
    return size.width < LEAST_COLUMNS or size.height < LEAST_ROWS
