"""Plugin themes: a plugin's theme as Textual has it: its colours mapped, and moved where they can't be read.

Pure. A theme that has no colour which a terminal could show is refused; one whose text can hardly be read is
corrected, and says what was. Typography, spacing and shadows are nothing that a terminal has.
"""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from textual.color import Color
from textual.theme import Theme

from host.facade.pages import ContributionRow
from host.tui.ink import MIN_CONTRAST, InkName, contrast, inks_of, readable
from protocol.colours import read_colour

DARK: Final = Color(18, 18, 18)
LIGHT: Final = Color(255, 255, 255)
BLACK: Final = Color(0, 0, 0)
USUAL: Final = {
    "success": Color(78, 191, 113),
    "warning": Color(255, 166, 43),
    "error": Color(208, 72, 102),
}
"""What says how something is, where the theme has no colours for that."""
FAINT: Final = 0.62
"""How much of the text's colour is in the faintest text; see `inks_of`."""
MAX_TITLE_CHARS: Final = 40

_PLACES: Final[dict[str, tuple[str, ...]]] = {
    "background": ("background.default", "background.main", "background"),
    "surface": ("surface.main", "surface", "background.paper", "background.surface"),
    "panel": ("panel.main", "panel", "background.elevated", "background.paper", "surface"),
    "foreground": ("text.primary", "text.main", "text", "foreground"),
    "primary": ("primary.main", "primary"),
    "secondary": ("secondary.main", "secondary"),
    "accent": ("accent.main", "accent", "info.main", "info"),
    "success": ("success.main", "success"),
    "warning": ("warning.main", "warning"),
    "error": ("error.main", "error", "danger"),
}
"""Where a theme has each of Textual's colours; the first that is there counts."""

TEXTS: Final[tuple[InkName, ...]] = ("plain", "dim", "good", "warn", "bad", "accent", "title")
"""Inks of texts."""

_GROUNDS: Final = ("background", "surface", "panel")


@dataclass(frozen=True, slots=True)
class PluginTheme:
    """One of them."""

    plugin: str
    title: str
    """As it is offered; clean, and bounded."""
    theme: Theme | None
    """None where it is refused."""
    refused: str = ""
    """Why, as a sentence."""
    corrected: Sequence[str] = ()
    """What was changed so that it can be read."""

    @property
    def shown(self) -> str:
        """The plugin's name, and the theme's."""
        return self.plugin if self.title == self.plugin else f"{self.plugin}: {self.title}"


def plugin_theme(row: ContributionRow) -> PluginTheme:
    """Return a contributed theme as the monitor can use it, or why it can't. Its texts must be clean."""
    title = (row.title or row.name)[:MAX_TITLE_CHARS]
    given = row.data.get("colors")
    found = _found(cast("Mapping[str, Any]", given)) if isinstance(given, Mapping) else {}
    if not found.keys() & {"background", "foreground", "primary"}:
        return PluginTheme(
            row.plugin,
            title,
            None,
            "it has no colours that a terminal can show: it needs colors.background, colors.text or "
            "colors.primary",
        )
    corrected: list[str] = []
    grounds = _grounds(found, corrected)
    colours = _texts(found, grounds, corrected)
    name = theme_name(row.plugin, row.name)
    made = _made(name, grounds, colours)
    # Textual mixes colours of its own from these, a shade off: what can't be read then is on no other ground.
    inks, variables = _drawn(made)
    for ground in ("surface", "panel"):
        if any(contrast(ink, Color.parse(variables[ground])) < MIN_CONTRAST for ink in inks):
            grounds[ground] = grounds["background"]
            made = _made(name, grounds, colours)
    return PluginTheme(row.plugin, title, made, corrected=tuple(corrected))


def _made(name: str, grounds: Mapping[str, Color], colours: Mapping[str, Color]) -> Theme:
    hexes = {key: colour.hex6 for key, colour in colours.items()}
    return Theme(
        name=name,
        dark=_away(grounds["background"]) == LIGHT,
        primary=colours["primary"].hex6,
        foreground=colours["foreground"].hex6,
        background=grounds["background"].hex6,
        surface=grounds["surface"].hex6,
        panel=grounds["panel"].hex6,
        secondary=hexes.get("secondary"),
        accent=hexes.get("accent"),
        success=hexes.get("success"),
        warning=hexes.get("warning"),
        error=hexes.get("error"),
    )


def _drawn(theme: Theme) -> tuple[list[Color], Mapping[str, str]]:
    """Return the colours in which a theme draws texts, and its variables."""
    variables = theme.to_color_system().generate()
    inks = inks_of(variables, coloured=True)
    colours = (inks[name].color for name in TEXTS)
    return [Color.from_rich_color(colour) for colour in colours if colour is not None], variables


def theme_name(plugin: str, name: str) -> str:
    """Return what Textual calls it: a class of its style sheets, which no other theme has."""
    return "plugin-" + re.sub(r"[^A-Za-z0-9_-]", lambda match: f"-{ord(match[0]):x}-", f"{plugin}-{name}")


def _found(colors: Mapping[str, Any]) -> dict[str, Color]:
    found: dict[str, Color] = {}
    for name, places in _PLACES.items():
        for place in places:
            value: Any = colors
            for part in place.split("."):
                value = cast("Mapping[str, Any]", value).get(part) if isinstance(value, Mapping) else None
            if isinstance(value, str) and (colour := read_colour(value[:100])) is not None:
                red, green, blue = (min(255, max(0, round(share * 255))) for share in colour)
                found[name] = Color(red, green, blue)
                break
    return found


def _grounds(found: Mapping[str, Color], corrected: list[str]) -> dict[str, Color]:
    """Return what text stands on: as given, or so much nearer to the background that text can be read."""
    text = found.get("foreground")
    ground = found.get("background") or (DARK if text is None or _away(text) == BLACK else LIGHT)
    away = _away(ground)
    text = readable(text or away, ground)
    faint = readable(ground.blend(text, FAINT), ground)
    grounds = {"background": ground}
    for name, share in (("surface", 0.06), ("panel", 0.1)):
        wanted = found.get(name, ground.blend(away, share))
        steps = (wanted.blend(ground, step / 10) for step in range(10))
        fitting = (one for one in steps if min(contrast(text, one), contrast(faint, one)) >= MIN_CONTRAST)
        grounds[name] = chosen = next(fitting, ground)
        if name in found and chosen != wanted:
            corrected.append(f"{name} nearer to the background")
    return grounds


def _texts(
    found: Mapping[str, Color], grounds: Mapping[str, Color], corrected: list[str]
) -> dict[str, Color]:
    away = _away(grounds["background"])
    own = {"foreground": away, "primary": grounds["background"].blend(away, 0.7)}
    wanted = own | USUAL | dict(found)
    texts: dict[str, Color] = {}
    for name, colour in wanted.items():
        if name in _GROUNDS:
            continue
        worst = min(contrast(colour, ground) for ground in grounds.values())
        texts[name] = colour if worst >= MIN_CONTRAST else _moved(colour, grounds.values(), away)
        if texts[name] != colour and name in found:
            way = "lighter" if away == LIGHT else "darker"
            what = "text" if name == "foreground" else name
            corrected.append(f"{what} {way} (contrast {_ratio(worst)})")
    return texts


def _moved(colour: Color, grounds: Iterable[Color], away: Color) -> Color:
    """Return a colour that can be read on every ground, as near to this one as it can be."""
    known = [*grounds]
    for step in range(1, 11):
        moved = colour.blend(away, step / 10)
        if all(contrast(moved, ground) >= MIN_CONTRAST for ground in known):
            return moved
    return away


def _away(ground: Color) -> Color:
    """Return white or black: what can be read better on a ground."""
    return max((LIGHT, BLACK), key=lambda one: contrast(one, ground))


def _ratio(ratio: float) -> str:
    return f"{math.floor(ratio * 10) / 10:.1f}"
