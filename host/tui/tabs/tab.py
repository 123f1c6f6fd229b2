"""PluginTab: what each tab of a plugin's screen is: painted, asking and following only while it is seen."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar, cast

from textual.containers import Vertical

from host.base_error import PlughostError
from host.facade.facade import Facade
from host.facade.filter_fields import Subject
from host.facade.filters import Filter, parse_filter
from host.tui.border import clean
from host.tui.inked import monitor
from host.tui.link import Feed
from host.tui.nothing import not_known
from host.tui.table import RowTable

T = TypeVar("T")


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
        self.answered = False
        """Whether the host told what is shown, so that where nothing is, there is nothing."""
        self.fault = ""
        """Why it did not when it was asked last; empty if it did."""
        self._feeds: list[Feed] = []
        self._connections = 0

    def enter(self) -> None:
        """It is seen."""
        self._connections = monitor(self).link.connections
        self.entered()

    def look(self, ticks: int, at_once: bool) -> None:
        """Show what is known; after another connection what is asked for is asked anew."""
        connections = monitor(self).link.connections
        if connections != self._connections:
            self._connections = connections
            monitor(self).start(self.read)
        self.paint(ticks, at_once)
        for table in cast("Iterable[RowTable[Any]]", self.query(RowTable)):
            if table.unknown != self.unknown:
                table.unknown = self.unknown
                table.refresh()

    @property
    def unknown(self) -> str:
        """Why it is not known what there is to show; empty where it is."""
        return not_known(monitor(self).model, answered=self.answered, fault=self.fault)

    async def ask(self, question: Callable[[Facade], Awaitable[T]]) -> T | None:
        """Ask the host for what is shown; None where it did not tell, and `unknown` or `fault` says why."""
        facade = monitor(self).link.facade
        if facade is None:
            return None
        try:
            answer = await question(facade)
        except (PlughostError, OSError) as error:
            self.fault = clean(str(error))
            return None
        self.fault, self.answered = "", True
        return answer

    async def read(self) -> None:
        """Ask the host for what does not come by itself."""

    def entered(self) -> None:
        """It is seen: follow what it shows, or read it."""
        monitor(self).start(self.read)

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
