"""What a user interface of the host has: its slots, and which files its front ends can draw.

Slots are named places of a screen. Components are data, drawn by the host's own front ends: a file of React,
Vue or HTML can't be one.
"""

from pathlib import PurePosixPath
from typing import Final

SLOTS: Final = (
    "sidebar-mid",
    "sidebar-bottom-indicators",
    "header-tabs",
    "drawer",
    "drawer-actions",
    "canvas-main",
)
LEGACY_SLOTS: Final = (
    ("app.sidebar.bottom", "sidebar-bottom-indicators"),
    ("app.sidebar", "sidebar-mid"),
    ("app.header", "header-tabs"),
    ("page.canvas", "canvas-main"),
    ("app.modals", "drawer"),
)
"""Beginnings of names of older layouts, and the slot that took their place."""

DATA_FILES: Final = (".json", ".txt", ".md")
_BROWSERS: Final = frozenset(
    {".js", ".jsx", ".mjs", ".cjs", ".ts", ".tsx", ".vue", ".svelte", ".html", ".htm"}
)


def slot_instead(slot: str) -> str:
    """Return the slot that took the place of one of an older layout; empty if it is none of those."""
    return next((now for old, now in LEGACY_SLOTS if slot == old or slot.startswith(old + ".")), "")


def needs_porting(component: str) -> bool:
    """Tell whether this is a component of a web page, which no front end of the host draws."""
    return PurePosixPath(component).suffix.lower() in _BROWSERS
