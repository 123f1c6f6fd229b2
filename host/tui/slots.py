"""Slots: where a monitor shows the sections of a plugin: every slot that a section may name has a place.

A slot that this monitor does not know, of a newer host, is shown on the page, under its name.
"""

from collections.abc import Mapping
from typing import Final

SIDE: Final = ("sidebar-mid",)
LIGHTS: Final = ("sidebar-bottom-indicators",)
TABS: Final = ("header-tabs",)
DRAWER: Final = ("drawer", "drawer-actions")
ELSEWHERE: Final = (*LIGHTS, *TABS, *DRAWER)
"""Those that are not on the page."""

PLACES: Final[Mapping[str, str]] = {
    "sidebar-mid": "at the left of the plugin's Page tab; above the canvas where it is narrow",
    "canvas-main": "at the right of the plugin's Page tab",
    "header-tabs": "a tab of the plugin's screen",
    "sidebar-bottom-indicators": "a light in the line below the plugin's name, on every tab",
    "drawer": "behind F2, over every tab of the plugin's screen",
    "drawer-actions": "at the end of the drawer",
}
"""In words, for the documentation."""
