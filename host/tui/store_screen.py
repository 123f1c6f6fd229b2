"""StoreScreen: where plugins come from. This host has no store; what can be said without one is said."""

from collections.abc import Iterable

from textual.widget import Widget

from host.tui.inked import monitor
from host.tui.inked_lines import InkedText, Parts
from host.tui.nothing import not_known
from host.tui.screen import TABLE_TICKS, MonitorScreen


class StoreScreen(MonitorScreen):
    """The fourth screen."""

    mode = "store"
    filters = False

    def body(self) -> Iterable[Widget]:
        """A text."""
        text = InkedText()
        text.add_class("main")
        yield text

    def paint(self, ticks: int, at_once: bool) -> None:
        """Twice a second: plugins with an update may come."""
        if ticks % TABLE_TICKS and not at_once:
            return
        model = monitor(self).model
        waiting = sorted(row.id for row in model.plugins.values() if row.update)
        if model.page is None:
            self.query_one(InkedText).show([[], [(f"  {not_known(model, answered=False)}", "dim")]])
            return
        folders = model.page.plugin_folders
        lines: list[Parts] = [
            [],
            [("  No store is configured.", "strong")],
            [("  Plugins come from folders on the host's machine:", "plain")],
            *([(f"    {folder}", "accent")] for folder in folders),
            [],
            [
                ("  To add one:     ", "plain"),
                ("put its folder there, then rescan", "accent"),
                (" (5, then S)", "dim"),
            ],
            [("  To remove one:  ", "plain"), ("stop it, remove its folder, rescan", "accent")],
            [("  To write one:   ", "plain"), ("plughost create my-plugin", "accent")],
        ]
        if waiting:
            lines += [[], [("  Updates wait for ", "warn"), (", ".join(waiting), "strong")]]
        self.query_one(InkedText).show(lines)
