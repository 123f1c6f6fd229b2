"""The keys of the inspector, beside those of its lists, texts and logs."""

from typing import Final

from textual.binding import Binding

from host.tui.keys import ACT, SHOW

INSPECT_BINDINGS: Final = [
    Binding("s,f5,ctrl+s", "send", "send", group=ACT, key_display="s"),
    Binding("A", "again", "send again", group=ACT),
    Binding("x", "cancel", "cancel", group=ACT),
    Binding("J", "whole", "all as JSON", group=ACT),
    Binding("d,delete", "drop", "leave a value out", group=ACT, show=False, key_display="d"),
    Binding("r", "reload", "reload", group=ACT),
    Binding("right_square_bracket", "tab(1)", "next tab", group=SHOW, key_display="[ ]"),
    Binding("left_square_bracket", "tab(-1)", "previous tab", group=SHOW, show=False),
    Binding("a", "open('answer')", "answer", group=SHOW, show=False),
    Binding("w", "open('wire')", "wire", group=SHOW, show=False),
    Binding("l", "open('log')", "log", group=SHOW, show=False),
    Binding("z", "zoom", "zoom", group=SHOW, show=False),
    Binding("y", "copy", "copy what is shown", group=SHOW, show=False),
    Binding("Y", "copy_cli", "copy as a command line", group=SHOW, show=False),
]
