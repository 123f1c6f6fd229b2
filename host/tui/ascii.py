"""Ascii: a filter behind all painting that lets only ASCII out, for terminals and fonts that have no more.

Every glyph has a stand-in of its own, so that nothing loses its meaning; what has none is `?`, as wide as it.
"""

from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_STAND_INS: Final = {
    "●": "*", "◐": "~", "◑": "~", "○": "o", "□": "-", "↻": "r", "◌": "?", "✖": "X", "■": "#",
    "▲": "!", "▼": "v", "·": ".", "…": "~", "–": "-", "—": "-", "→": ">", "←": "<", "↑": "^", "↓": "v",
    "⇄": "=", "✓": "+", "×": "x", "µ": "u", "•": "*", "‖": "|", "▸": ">", "▾": "v",
    "▁": "_", "▂": ".", "▃": ":", "▄": "-", "▅": "=", "▆": "+", "▇": "*", "█": "#",
    "│": "|", "─": "-", "┃": "|", "━": "-", "├": "|", "└": "`", "┌": "+", "┐": "+", "┘": "+", "┤": "|",
    "┬": "+", "┴": "+", "┼": "+", "╭": "+", "╮": "+", "╰": "+", "╯": "+", "║": "|", "═": "=",
    "▌": "|", "▐": "|", "▀": '"', "▎": "|", "▊": "|", "▔": " ", "🔎": "> ",
}  # fmt: skip
_BLOCKS: Final = range(0x2580, 0x25A0)
_BRAILLE: Final = range(0x2800, 0x2900)


def ascii_only(text: str) -> str:
    """Return a text of the same width that is ASCII."""
    return text if text.isascii() else "".join(char if char.isascii() else _stand_in(char) for char in text)


def _stand_in(char: str) -> str:
    known = _STAND_INS.get(char)
    if known is not None:
        return known
    if ord(char) in _BLOCKS or ord(char) in _BRAILLE:
        return "*" if char != "\u2800" else " "
    return "?" * cell_len(char)


class AsciiFilter(LineFilter):
    """Textual's line filter with it."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return segments whose texts are ASCII."""
        return [
            segment
            if segment.text.isascii()
            else Segment(ascii_only(segment.text), segment.style, segment.control)
            for segment in segments
        ]
