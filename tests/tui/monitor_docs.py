"""Writes the tables of keys in docs/monitor.md from the monitor's bindings; a test holds them fresh.

Every class of the monitor that binds keys is found by looking, and has a title here or is a fault: no key can
be forgotten.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from textual.binding import Binding, BindingType
from textual.dom import DOMNode

import host.tui
from host.tui.keys import PLUGIN_BINDINGS, VERB_BINDINGS, shown

PAGE = Path(__file__).parents[2] / "docs" / "monitor.md"
BEGIN, END = "<!-- keys -->\n", "<!-- end of keys -->\n"

PLUGINS = "On plugins: Overview, Plugin, Problems"
TITLES = {
    "Monitor": "Everywhere",
    "MonitorScreen": "On every screen",
    "RowTable": "In a table",
    "InkedText": "In a text",
    "Overview": "Overview",
    "PluginScreen": "A plugin",
    "LogView": "In a log",
    "LogsTab": "Plugin: Logs",
    "TraceTab": "Plugin: RPC",
    "ConfigTab": "Plugin: Config",
    "StorageTab": "Plugin: Storage",
    "PermissionsTab": "Plugin: Permissions",
    "EventsScreen": "Events",
    "ProblemsScreen": "Problems",
    "HostScreen": "Host",
    "FilterBar": "While a filter is typed",
    "Dialog": "In every dialog",
    "ShowText": "In a text that was opened",
    "PaneDialog": "In what a plugin shows over a screen",
    "ParamsDialog": "In the form of a call, a command or a prompt",
    "PromptDialog": "In the form of a prompt",
    "EditDialog": "While a value is typed",
    "ReplayMonitor": "In a recording",
    "Inspector": "plughost inspect, everywhere",
    "InspectScreen": "plughost inspect",
    "PickList": "plughost inspect: in a list to pick from",
}
"""Classes that bind keys, in the order of the page."""


def binding_classes() -> dict[str, list[BindingType]]:
    """Return every class of the monitor that binds keys of its own, by name, with them."""
    found: dict[str, list[BindingType]] = {}
    for module in pkgutil.walk_packages(host.tui.__path__, "host.tui."):
        for name, value in vars(importlib.import_module(module.name)).items():
            if not isinstance(value, type) or not issubclass(value, DOMNode):
                continue
            if value.__module__ == module.name and (own := value.__dict__.get("BINDINGS")):
                found[name] = own
    return found


def groups() -> Iterator[tuple[str, list[Binding]]]:
    """Yield each table: its title and its keys. Keys on plugins are shared by screens and stand apart."""
    classes = binding_classes()
    if missing := classes.keys() ^ TITLES.keys():
        raise LookupError(f"TITLES and the monitor differ in {sorted(missing)}")
    shared = [*_stated([*VERB_BINDINGS, *PLUGIN_BINDINGS])]
    apart = {(one.key, one.action) for one in shared}
    for name, title in TITLES.items():
        yield title, [one for one in _stated(classes[name]) if (one.key, one.action) not in apart]
        if name == "InkedText":
            yield PLUGINS, shared


def _stated(bindings: Iterable[BindingType]) -> Iterator[Binding]:
    for binding in bindings:
        assert isinstance(binding, Binding), f"{binding} is no Binding"
        assert binding.description, f"the key {binding.key} says nothing of itself"
        yield binding


def tables() -> str:
    """Return the keys as Markdown."""
    lines: list[str] = []
    for title, bindings in groups():
        lines += [f"**{title}**", "", "| key | what |", "|---|---|"]
        for binding in bindings:
            keys = binding.key.split(",")
            alone = binding.key_display if len(keys) == 1 else None
            key = alone or " ".join(shown(one) for one in keys)
            lines.append(f"| `{key}` | {binding.description} |")
        lines.append("")
    return "\n".join(lines)


def renewed(page: str) -> str:
    """Return a page with its tables made anew."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{tables()}{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
