"""The lines around the inspector's panes: the plugin, the tabs, the keys."""

from collections.abc import Mapping
from typing import Final

from textual.binding import Binding
from textual.screen import Screen

from host.tui.border import clean
from host.tui.chrome import KeyLine
from host.tui.inked import monitor
from host.tui.inked_lines import InkedLines, Part, Parts, spread

TABS: Final = (("answer", "Answer"), ("wire", "Wire"), ("log", "Log"))


class PluginLine(InkedLines):
    """Who is inspected, and how it is."""

    def paint(self, plugin: str, *, reloading: bool) -> None:
        """Show how it is now."""
        app = monitor(self)
        row = app.model.plugins.get(plugin)
        left: list[Part] = [(f" inspect {clean(plugin)}", "strong")]
        if row is not None:
            good = row.state == "active"
            state = (f"{'●' if good else '✖'} {row.state}", "good" if good else "bad")
            left += [(f" {row.version}  ", "dim"), state]
            left.append((f"  pid {row.pid}" if row.pid else f"  {row.reason}", "dim"))
        right: Parts = [("◐ reloading ", "accent")] if reloading else app.link_parts()
        self.show([spread(left, right, self.size.width)])


class TabLine(InkedLines):
    """The tabs; the one that is open stands out, also without colours."""

    def paint(self, opened: str, counts: Mapping[str, int]) -> None:
        """Show them, and how much is in each."""
        parts: list[Part] = [(" ", "plain")]
        for name, title in TABS:
            said = f"{title} {counts[name]:,}" if counts.get(name) else title
            parts.append((f"[{said}]", "title") if name == opened else (f" {said} ", "dim"))
        self.show([parts])


def paint_keys(screen: Screen[None], line: KeyLine) -> None:
    """Show the keys that do something here, each thing once."""
    shown: dict[str, Binding] = {}
    for active in screen.active_bindings.values():
        if active.binding.show and active.binding.group is not None:
            shown.setdefault(active.binding.action, active.binding)
    line.paint(shown.values())
