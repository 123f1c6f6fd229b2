"""WarningsPane: the last warnings of all plugins, below the overview; follows again once it is left."""

from host.tui.inked_lines import Part, Parts
from host.tui.log_view import LogView


class WarningsPane(LogView):
    """The log, and what stands above it."""

    def heading(self) -> Parts:
        """Return what it is, and whether it follows."""
        title: Part = (" Warnings of all plugins", "title")
        if not self.follow:
            return [title, ("  ‖ standing still; End follows", "warn")]
        return [title, ("  Tab goes there, Enter opens one" if self.held.entries else "", "dim")]

    def on_blur(self) -> None:
        """Follow the end again, unless it is the terminal that was left."""
        if self.screen.focused is not None:
            self.action_follow(always=True)
