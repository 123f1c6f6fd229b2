"""Help: every key that does something where the operator is, made from the bindings in force."""

from textual.binding import ActiveBinding
from textual.screen import Screen

from host.tui.inked_lines import Part, Parts
from host.tui.keys import changes, shown

_ORDER = ("Move", "Find", "Act", "Show")
RENAMED = {"app.focus_next": "next pane", "app.focus_previous": "previous pane"}

_MOVING = frozenset({"move", "page", "open", "sort", "reverse", "follow", "back", "next_tab"})

FILTERS: tuple[tuple[str, str], ...] = (
    ("text", 'what a row says; "two words" with quotes'),
    ("/regex/", "the same as a regular expression"),
    ("!term", "not that"),
    ("state:error,backoff", "one of these; * is any part of a word"),
    ("cpu>20 mem>200M", "numbers, with %, K M G, us ms s m h"),
    ("p99>50ms restarts>=3", "more of them; a space is AND"),
    ("tag:x is:problem", "what plugins are"),
    ("lvl>=warn plugin:foo", "logs and events"),
    ("method:storage.* dur>1s", "calls; also err:-32603, dir:out, is:open"),
)


def help_lines(screen: Screen[object], *, read_only: bool) -> list[Parts]:
    """Return the keys by group, and the grammar of filters."""
    groups: dict[str, dict[str, list[ActiveBinding]]] = {name: {} for name in _ORDER}
    for active in screen.active_bindings.values():
        binding = active.binding
        words = RENAMED.get(binding.action, binding.description)
        # Textual's own bindings, of keys that every terminal does not send, begin with a capital letter.
        if not words or binding.system or (words[0].isupper() and binding.group is None):
            continue
        if read_only and changes(binding.action):
            continue
        group = binding.group.description if binding.group else _group_of(binding.action)
        groups.setdefault(group, {}).setdefault(f"{binding.action}{words}", []).append(active)
    lines: list[Parts] = []
    for name, actions in groups.items():
        if not actions:
            continue
        lines += [[(name, "title")]]
        for actives in actions.values():
            keys = " ".join(dict.fromkeys(_name(active) for active in actives))
            binding = actives[0].binding
            lines.append(
                [
                    (f"  {keys:<12} ", "strong"),
                    (RENAMED.get(binding.action, binding.description), "plain"),
                ]
            )
        lines.append([])
    lines.append([("Filters", "title")])
    lines += [_row(words, meaning) for words, meaning in FILTERS]
    if read_only:
        lines += [[], [("This monitor only looks: keys that change something are left out.", "warn")]]
    return lines


def _row(words: str, meaning: str) -> list[Part]:
    return [(f"  {words:<25} ", "strong"), (meaning, "dim")]


def _name(active: ActiveBinding) -> str:
    binding = active.binding
    return binding.key_display or shown(binding.key)


def _group_of(action: str) -> str:
    name = action.split("(", 1)[0].rsplit(".", 1)[-1]
    return "Move" if name in _MOVING or name.startswith(("scroll", "page", "focus")) else "Show"
