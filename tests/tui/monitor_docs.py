"""Writes the table of keys in docs/monitor.md from the monitor's bindings; a test holds it fresh."""

from pathlib import Path

from textual.binding import Binding, BindingType

from host.tui.app import Monitor
from host.tui.keys import FIND_BINDINGS, PLUGIN_BINDINGS, VERB_BINDINGS, shown
from host.tui.replaying import ReplayMonitor
from host.tui.table import RowTable
from host.tui.tabs.config import ConfigTab

PAGE = Path(__file__).parents[2] / "docs" / "monitor.md"
BEGIN, END = "<!-- keys -->\n", "<!-- end of keys -->\n"

GROUPS: tuple[tuple[str, list[BindingType]], ...] = (
    ("Everywhere", [*Monitor.BINDINGS, *FIND_BINDINGS]),
    ("In a table", [*RowTable.BINDINGS]),
    ("On plugins", [*VERB_BINDINGS, *PLUGIN_BINDINGS]),
    ("In a configuration", [*ConfigTab.BINDINGS]),
    ("In a recording", [*ReplayMonitor.BINDINGS]),
)


def table() -> str:
    """Return the keys as Markdown."""
    lines: list[str] = []
    for title, bindings in GROUPS:
        lines += [f"**{title}**", "", "| key | what |", "|---|---|"]
        for binding in bindings:
            if isinstance(binding, Binding) and binding.description:
                key = binding.key_display or " ".join(shown(one) for one in binding.key.split(","))
                lines.append(f"| `{key}` | {binding.description} |")
        lines.append("")
    return "\n".join(lines)


def renewed(page: str) -> str:
    """Return a page with its table made anew."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{table()}{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
