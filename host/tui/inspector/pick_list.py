"""PickList: a list of lines with inks, of which one is under the cursor: what can be asked, a form's fields.

Headings are lines that the cursor passes over. Draws what it is handed and nothing else: no text is markup.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from host.tui.fit import fit
from host.tui.inked import inks
from host.tui.inked_lines import Parts


@dataclass(frozen=True, slots=True)
class Entry:
    """One line; a heading has no key."""

    key: str | None
    parts: Parts


class PickList(ScrollView, can_focus=True):
    """The list."""

    DEFAULT_CSS = "PickList { height: 1fr; overflow-x: hidden; scrollbar-size-vertical: 1; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("down,j", "move(1)", "down", show=False),
        Binding("pageup", "move(-10)", "a page up", show=False),
        Binding("pagedown", "move(10)", "a page down", show=False),
        Binding("home", "move(-100000)", "first", show=False),
        Binding("end", "move(100000)", "last", show=False),
        Binding("enter", "pick", "open", show=False),
    ]

    class Moved(Message):
        """The cursor stands on another entry."""

        def __init__(self, pick_list: "PickList", key: str) -> None:
            super().__init__()
            self.pick_list = pick_list
            self.key = key

        @property
        def control(self) -> "PickList":
            """The list."""
            return self.pick_list

    class Picked(Moved):
        """Enter on an entry."""

    def __init__(self, *, id: str, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._entries: tuple[Entry, ...] = ()
        self._cursor = 0

    def show(self, entries: Sequence[Entry]) -> None:
        """Show these; the cursor stays on the entry that it was on, if that is still there."""
        before, self._entries = self.key, tuple(entries)
        self.virtual_size = Size(self.size.width, len(entries))
        places = self._places()
        kept = next((place for place in places if self._entries[place].key == before), None)
        self._cursor = kept if kept is not None else min(places, default=0)
        self.refresh()
        if kept is None and self.key is not None:
            self.post_message(self.Moved(self, self.key))

    @property
    def key(self) -> str | None:
        """The key under the cursor; None in an empty list."""
        return self._entries[self._cursor].key if self._cursor < len(self._entries) else None

    @property
    def text(self) -> str:
        """What is shown, without inks."""
        return "\n".join("".join(text for text, _ in one.parts) for one in self._entries)

    def go_to(self, key: str) -> bool:
        """Put the cursor on an entry; return whether it is there."""
        for place in self._places():
            if self._entries[place].key == key:
                self._stand(place)
                return True
        return False

    def action_move(self, step: int) -> None:
        """Move over entries, not headings."""
        places = self._places()
        if places:
            now = places.index(self._cursor) if self._cursor in places else 0
            self._stand(places[max(0, min(len(places) - 1, now + step))])

    def action_pick(self) -> None:
        """Open what is under the cursor."""
        if self.key is not None:
            self.post_message(self.Picked(self, self.key))

    def on_click(self, event: events.Click) -> None:
        """Move there; open it on a double click."""
        place = self.scroll_offset.y + event.y
        if place in self._places():
            self._stand(place)
            if event.chain == 2:
                self.action_pick()

    def _places(self) -> list[int]:
        return [place for place, one in enumerate(self._entries) if one.key is not None]

    def _stand(self, place: int) -> None:
        moved, self._cursor = place != self._cursor, place
        top, height = self.scroll_offset.y, max(1, self.size.height)
        if place < top:
            # With its heading, where it is the first below one.
            self.scroll_to(y=max(0, place - 1), animate=False, force=True)
        elif place >= top + height:
            self.scroll_to(y=place - height + 1, animate=False, force=True)
        self.refresh()
        if moved and self.key is not None:
            self.post_message(self.Moved(self, self.key))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        base, known, width = self.rich_style, inks(self), self.size.width
        place = self.scroll_offset.y + y
        if place >= len(self._entries):
            return Strip.blank(width, base)
        entry = self._entries[place]
        here = place == self._cursor and entry.key is not None
        if here and self.has_focus:
            base += known["cursor"]
        mark = "" if entry.key is None else ("▸ " if here else "  ")
        segments, room = [Segment(mark, base + known["accent"])], width - len(mark)
        for text, ink in entry.parts:
            if room <= 0:
                break
            shown = text if len(text) <= room and text.isascii() else fit(text, room).rstrip()
            segments.append(Segment(shown, base + known[ink]))
            room -= Segment(shown).cell_length
        return Strip(segments).adjust_cell_length(width, base)
