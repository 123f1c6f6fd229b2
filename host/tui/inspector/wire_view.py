"""Wire view: the frames between host and plugin as lines, each with its body laid out; the newest last."""

from collections import deque
from typing import Final

from host.facade.figures import clock, size
from host.tui.border import clean, cleaned
from host.tui.inked_lines import Parts
from host.tui.inspector.subject import Frame
from host.tui.json_lines import json_lines

MAX_FRAMES: Final = 400
MAX_BODY_LINES: Final = 40
"""Of one frame; what is longer is cut, and says so."""

_INKS: Final = {"error": "bad", "junk": "bad", "answer": "good", "item": "good"}


class Frames:
    """The last frames."""

    def __init__(self) -> None:
        self._kept: deque[list[Parts]] = deque(maxlen=MAX_FRAMES)
        self.count = 0
        """All that there were."""

    def take(self, frame: Frame) -> None:
        """Take one in."""
        self.count += 1
        self._kept.append(_lines_of(frame))

    def lines(self) -> list[Parts]:
        """Return them as lines."""
        return [line for frame in self._kept for line in frame]


def _lines_of(frame: Frame) -> list[Parts]:
    way = "host → plugin" if frame.to_plugin else "plugin → host"
    head: Parts = [
        (f"{clock(frame.at_s, millis=True)}  ", "dim"),
        (f"{way}  ", "accent" if frame.to_plugin else "warn"),
        (f"{frame.what} ", _INKS.get(frame.what, "strong")),
        (clean(frame.method), "strong"),
        (f"  id {clean(frame.id)}" if frame.id else "", "dim"),
        (f"  {size(frame.size_bytes)}", "dim"),
    ]
    body = json_lines(cleaned(frame.body))
    if len(body) > MAX_BODY_LINES:
        more = len(body) - MAX_BODY_LINES
        body = [*body[:MAX_BODY_LINES], [(f"… {more} lines more", "dim")]]
    return [head, *([("    ", "plain"), *line] for line in body)]
