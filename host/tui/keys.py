"""Keys: the grammar of the monitor, stated once; bindings, hints and the help screen are made from it.

Only letters, digits, function keys, ctrl and arrows: what every terminal sends.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class ScreenKey:
    """One of the screens that a digit opens."""

    key: str
    mode: str
    title: str


SCREENS: Final = (
    ScreenKey("1", "overview", "Overview"),
    ScreenKey("2", "events", "Events"),
    ScreenKey("3", "problems", "Problems"),
    ScreenKey("4", "store", "Store"),
    ScreenKey("5", "host", "Host"),
)

MOVE: Final = Binding.Group("Move")
FIND: Final = Binding.Group("Find")
ACT: Final = Binding.Group("Act")
SHOW: Final = Binding.Group("Show")


@dataclass(frozen=True, slots=True)
class VerbKey:
    """A key that has something done to the marked plugins, or the one under the cursor."""

    key: str
    verb: str
    """Name in `Facade`, or of an act of the monitor that chooses one."""
    word: str
    done: str
    """Said when it is: `started`."""
    meaning: str


VERB_KEYS: Final = (
    VerbKey("s", "plugin_start", "start", "started", "Start"),
    VerbKey("x", "plugin_stop", "stop", "stopped", "Stop, and keep stopped"),
    VerbKey("r", "plugin_restart", "restart", "restarted", "Restart"),
    VerbKey("K", "plugin_kill", "kill", "killed", "End the process without grace"),
    VerbKey("d", "toggle_enabled", "enable/disable", "", "Enable or disable"),
    VerbKey("ctrl+r", "plugin_reset", "reset", "reset", "End a quarantine"),
)
"""Verbs with a key. Others are in the palette."""

STORE_KEYS: Final = (
    VerbKey("u", "update", "update", "", "Update from the store"),
    VerbKey("i", "install", "install", "", "Install from the store"),
    VerbKey("D", "uninstall", "uninstall", "", "Uninstall"),
)

APP_BINDINGS: Final = [
    *(Binding(s.key, f"mode('{s.mode}')", s.title, show=False, group=SHOW) for s in SCREENS),
    Binding("colon,ctrl+p", "command_palette", "all commands", key_display=":", group=FIND),
    Binding("question_mark,f1", "help", "help", key_display="?", group=SHOW),
    Binding("p", "pause", "pause", group=SHOW, show=False),
    Binding("T", "next_theme", "theme", group=SHOW, show=False),
    Binding("q", "quit", "quit", group=SHOW, show=False),
]

FIND_BINDINGS: Final = [
    # Before the widget that has the keys: what is typed right behind it must find the filter open.
    Binding("slash", "filter", "filter", key_display="/", group=FIND, priority=True),
    Binding("n", "seek(1)", "next match", show=False, group=FIND),
    Binding("N", "seek(-1)", "previous match", show=False, group=FIND),
    Binding("e", "seek_error(1)", "next error", show=False, group=FIND),
    Binding("E", "seek_error(-1)", "previous error", show=False, group=FIND),
    Binding("h", "context", "hide or dim what does not match", show=False, group=FIND),
    Binding("y", "copy", "copy", show=False, group=SHOW),
    Binding("Y", "copy_cli", "copy as a command line", show=False, group=SHOW),
    Binding("w", "write", "write to a file", show=False, group=SHOW),
    Binding("z", "zoom", "zoom", show=False, group=SHOW),
]

VERB_BINDINGS: Final = [
    *(Binding(v.key, f"app.verb('{v.verb}')", v.word, group=ACT, show=v.key in "sxr") for v in VERB_KEYS),
    *(Binding(v.key, f"app.store('{v.verb}')", v.word, group=ACT, show=False) for v in STORE_KEYS),
]

PLUGIN_BINDINGS: Final = [
    Binding("l", "tab('logs')", "logs", group=SHOW),
    Binding("R", "call", "call a method", group=ACT, show=False),
    Binding("c", "tab('config')", "configuration", group=SHOW, show=False),
]
"""Of every screen that has plugins in it."""


OF_PLUGINS: Final = frozenset({"app.verb", "app.store", "call", "tab"})
"""Actions that do nothing where no plugin is chosen."""


def changes(action: str) -> bool:
    """Return whether a binding's action changes something; such are left out where one may only look."""
    return action.split("(", 1)[0] in _CHANGING


_CHANGING: Final = frozenset(
    {
        "app.verb", "app.store", "call", "again", "fix", "acknowledge", "mute", "grant", "revoke", "consent",
        "rescan", "stop_host", "config_turn", "config_unset", "config_forget", "config_save", "config_undo",
    }
)  # fmt: skip


def hinted(bindings: Iterable[Binding], does: Callable[[str], bool]) -> list[Binding]:
    """Return the bindings that the line of keys shows: one for each action that does something now."""
    found: dict[str, Binding] = {}
    for binding in bindings:
        if binding.show and binding.description and does(binding.action):
            found.setdefault(binding.action, binding)
    return list(found.values())


def shown(key: str) -> str:
    """Return a key as people write it."""
    return _NAMES.get(key, key.replace("ctrl+", "^"))


_NAMES: Final = {
    "question_mark": "?", "slash": "/", "colon": ":", "space": "Space", "asterisk": "*", "minus": "-",
    "less_than_sign": "<", "greater_than_sign": ">", "left_square_bracket": "[", "right_square_bracket": "]",
    "up": "↑", "down": "↓", "enter": "Enter", "escape": "Esc", "tab": "Tab", "shift+tab": "Shift+Tab",
    "pageup": "PgUp", "pagedown": "PgDn", "home": "Home", "end": "End", "f1": "F1", "left": "←", "right": "→",
}  # fmt: skip
