"""The wire as `plughost inspect` shows it: every message of a plugin, read a second time, secrets masked.

A registry, because it is attached to a session before the plugin is loaded. Bodies that hold configuration
are not shown: their secrets may be too short to be looked for.
"""

import time
from collections.abc import Iterable
from typing import Any, Final, cast

import msgspec

from host.facade import Joining
from host.masking import HIDDEN_BODY, SECRET_BODIES, masked_beginning, masked_body
from host.tui.inspector.subject import Frame, Take

MAX_PENDING: Final = 1_000
MAX_FRAME_BYTES: Final = 256 * 1024
"""Longer messages are shown by their beginning."""
MAX_SHOWN_CHARS: Final = 4_096


class InspectWire:
    """Of one host with one plugin."""

    def __init__(self) -> None:
        self.take: Take | None = None
        """Who is told of each frame."""

    # What a session does; see `Registry`.

    def check(self, session: Joining) -> Iterable[str]:
        """Find nothing wrong."""
        return ()

    def join(self, session: Joining) -> None:
        """Follow it."""
        reader = _Reader(self._tell)
        session.peer.tap(reader.read, reader.written)

    def activated(self, session: Joining) -> None:
        """Nothing waits for this."""

    def leave(self, session: Joining) -> None:
        """Follow it no more."""
        session.peer.tap(None, None)

    def _tell(self, frame: Frame) -> None:
        if self.take is not None:
            self.take(frame)


class _Reader:
    """One session's; neither method raises."""

    def __init__(self, tell: Take) -> None:
        self._tell = tell
        self._rest = b""
        self._pending: dict[tuple[bool, str], str] = {}
        """Method of each request under way, by who asked and its id."""

    def read(self, data: bytes) -> None:
        """Take bytes that came from the plugin."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-MAX_FRAME_BYTES:]
        for line in lines:
            self._take(line, to_plugin=False)

    def written(self, data: bytes) -> None:
        """Take bytes that go to the plugin: whole lines."""
        for line in data.split(b"\n"):
            self._take(line, to_plugin=True)

    def _take(self, line: bytes, *, to_plugin: bool) -> None:
        if not line.strip():
            return
        try:
            frame = self._frame(line, to_plugin=to_plugin)
        except Exception:  # noqa: BLE001 - the border: whoever looks on must not disturb the wire
            frame = _junk(line, to_plugin)
        self._tell(frame)

    def _frame(self, line: bytes, *, to_plugin: bool) -> Frame:
        message: Any = msgspec.json.decode(line) if len(line) <= MAX_FRAME_BYTES else None
        if not isinstance(message, dict):
            return _junk(line, to_plugin)
        table = cast("dict[str, Any]", message)
        given: Any = table.get("id")
        number, method = "" if given is None else str(given)[:64], str(table.get("method", ""))[:200]
        if method:
            what, body = "request" if number else "notification", table.get("params")
            if number:
                while len(self._pending) >= MAX_PENDING:
                    del self._pending[next(iter(self._pending))]
                self._pending[to_plugin, number] = method
            elif method == "$/stream":
                what = "item"
        else:
            # An answer goes the other way than its request did.
            method = self._pending.pop((not to_plugin, number), "")
            what = "error" if "error" in table else "answer"
            body = table.get("error") if what == "error" else table.get("result")
        shown: Any = HIDDEN_BODY if method in SECRET_BODIES and what != "error" else masked_body(body)
        return Frame(time.time(), to_plugin, what, number, method, len(line), shown)


def _junk(line: bytes, to_plugin: bool) -> Frame:
    shown = masked_beginning(line, MAX_SHOWN_CHARS)
    return Frame(time.time(), to_plugin, "junk", "", "", len(line), shown)
