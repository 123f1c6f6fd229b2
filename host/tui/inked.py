"""Inked: how a widget comes by the monitor that it is part of, and by the inks of the theme in force."""

from typing import TYPE_CHECKING, cast

from textual.dom import DOMNode

from host.tui.ink import Inks

if TYPE_CHECKING:
    from host.tui.app import Monitor


def monitor(node: DOMNode) -> "Monitor":
    """Return the program that a widget or a screen is part of."""
    return cast("Monitor", node.app)


def inks(node: DOMNode) -> Inks:
    """Return the inks to draw with."""
    return monitor(node).inks
