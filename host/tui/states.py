"""States: how states, severities and levels look: a glyph, a word and an ink, never a colour alone."""

from typing import Final

from host.tui.ink import InkName

GLYPHS: Final[dict[str, tuple[str, InkName]]] = {
    "active": ("●", "good"),
    "loading": ("◐", "accent"),
    "unloading": ("◑", "accent"),
    "discovered": ("○", "dim"),
    "disabled": ("□", "dim"),
    "backoff": ("↻", "warn"),
    "unresponsive": ("◌", "bad"),
    "error": ("✖", "bad"),
    "quarantined": ("■", "bad"),
}
ORDER: Final = (
    "active", "loading", "unloading", "backoff", "unresponsive", "error", "quarantined", "discovered",
    "disabled",
)  # fmt: skip
"""In which they are counted on the overview."""

URGENCY: Final = (
    "error", "quarantined", "unresponsive", "backoff", "loading", "unloading", "active", "discovered",
    "disabled",
)  # fmt: skip
"""In which they are sorted: what needs somebody first."""

BAD: Final = frozenset({"error", "quarantined", "unresponsive", "backoff"})
"""States to which `e` jumps."""


def glyph_of(state: str) -> tuple[str, InkName]:
    """Return the glyph and the ink of a state; a newer host may have states that are not known here."""
    return GLYPHS.get(state, ("?", "warn"))


def urgency_of(state: str) -> int:
    """Return the place of a state in `URGENCY`."""
    return URGENCY.index(state) if state in URGENCY else len(URGENCY)


def level_word(level: int) -> tuple[str, InkName]:
    """Return a log level's word in five cells, and its ink."""
    if level >= 50:
        return "CRIT ", "bad"
    if level >= 40:
        return "ERROR", "bad"
    if level >= 30:
        return "WARN ", "warn"
    return ("INFO ", "plain") if level >= 20 else ("DEBUG", "dim")


def severity_glyph(severity: str) -> tuple[str, InkName]:
    """Return the glyph and the ink of a problem's or an event's severity."""
    match severity:
        case "error":
            return "✖", "bad"
        case "warning":
            return "▲", "warn"
        case _:
            return "·", "dim"
