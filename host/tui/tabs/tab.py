"""PluginTab: what each tab of a plugin's screen is: painted, and following only while it is seen."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.containers import Vertical

from host.facade.filter_fields import Subject
from host.facade.filters import Filter, parse_filter
from host.tui.inked import monitor
from host.tui.link import Feed


class PluginTab(Vertical):
    """One tab of one plugin. What has the keys in it carries the class `main`."""

    DEFAULT_CSS = "PluginTab { height: 1fr; }"
    subject: ClassVar[Subject | None] = None
    """Which fields its filter has; None if there is nothing to filter."""

    def __init__(self, plugin: str) -> None:
        super().__init__()
        self.plugin = plugin
        self.chosen: Filter = parse_filter("")
        self.context = False
        self._feeds: list[Feed] = []

    def entered(self) -> None:
        """It is seen: follow what it shows."""

    def left(self) -> None:
        """It is not seen any more; feeds that were opened by `feed` end by themselves."""

    def paint(self, ticks: int, at_once: bool) -> None:
        """Show what is known."""

    def filtered(self) -> None:
        """Another filter is in force."""

    def go_to_moment(self, at_s: float) -> None:
        """Show what was then, as far as it is held."""

    def seek(self, step: int) -> bool:
        """Move to the next match; return whether there is one."""
        return False

    def seek_error(self, step: int) -> bool:
        """Move to the next error; return whether there is one."""
        return False

    def hints(self, action: str) -> bool:
        """Whether a key of the tab does something now, and may be hinted at."""
        return True

    def copied(self) -> str:
        """Return what is copied."""
        return ""

    def command_line(self) -> str:
        """Return the command that shows or does the same."""
        return ""

    def written(self) -> tuple[str, list[str], Any]:
        """Return a name, lines and a value of JSON of what is shown."""
        return self.plugin, [], None

    @property
    def unsaved(self) -> int:
        """How many changes were typed here and are not saved."""
        return 0

    async def save(self) -> bool:
        """Save them; return whether nothing is left to be saved."""
        return True

    def discard(self) -> None:
        """Let them go."""

    def counted(self) -> tuple[int, int]:
        """Return how much the filter leaves, and of how much."""
        return 0, 0

    def feed(self) -> Feed:
        """Return something to follow with, closed when the tab is left."""
        app = monitor(self)
        made = Feed(app.tasks, app.link)
        self._feeds.append(made)
        return made

    def leave(self) -> None:
        """Let go all that was followed."""
        for feed in self._feeds:
            feed.close()
        self._feeds = []
        self.left()


@dataclass(frozen=True, slots=True)
class TabKind:
    """A tab that plugins' screens have."""

    id: str
    title: str
    make: Callable[[str], PluginTab]
    """Makes it for a plugin's id."""
