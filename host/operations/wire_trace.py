"""WireTrace: the messages of one session, told as calls: who asked whom what, when, and what came of it.

Fed with the bytes as they pass; reads them a second time, so it is attached only while somebody follows.
Bounded: past a budget of messages per second the rest is counted and not read.
"""

import time
from collections.abc import Callable
from typing import Any, Final, Literal, cast

import msgspec

from host.facade.tails import TraceRow
from host.logs import clean
from host.masking import HIDDEN_BODY, SECRET_BODIES, known, masked_beginning, masked_body

MAX_PER_S: Final = 2_000
"""Messages of one session that are read per second."""
MAX_PENDING: Final = 2_000
MAX_LINE_BYTES: Final = 1024 * 1024
"""Longer messages are told without their bodies."""
MAX_BODY_CHARS: Final = 4_096
SHOW_AFTER_S: Final = 0.3
"""A call that takes longer is told of before it ends."""


class _Line(msgspec.Struct):
    id: int | str | None = None
    method: str = ""
    params: msgspec.Raw = msgspec.Raw(b"")
    result: msgspec.Raw = msgspec.Raw(b"")
    error: dict[str, Any] | None = None


class _Stream(msgspec.Struct):
    id: int | str


class _Meta(msgspec.Struct):
    stream: Any = None
    parent: int | str | None = None


class _Params(msgspec.Struct):
    meta: _Meta | None = msgspec.field(default=None, name="_meta")


_line = msgspec.json.Decoder(_Line).decode
_stream = msgspec.json.Decoder(_Stream).decode
_params = msgspec.json.Decoder(_Params).decode


class WireTrace:
    """Of one session."""

    def __init__(
        self,
        plugin: str,
        session: str,
        now: Callable[[], float],
        tell: Callable[[TraceRow], None],
        bodies: Callable[[], bool],
    ) -> None:
        """`now` is in seconds since the epoch; `bodies` says whether somebody wants them."""
        self._plugin = plugin
        self._session = session
        self._now = now
        self._tell = tell
        self._bodies = bodies
        self._pending: dict[str, TraceRow] = {}
        self._shown: set[str] = set()
        self._rest = b""
        self._second = 0
        self._left = MAX_PER_S
        self.skipped = 0
        """Messages that were not read."""

    def read(self, data: bytes) -> None:
        """Take bytes that came from the plugin."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > MAX_LINE_BYTES:
            self._rest = b""
            self.skipped += 1
        for line in lines:
            self._take(line, "out")

    def written(self, data: bytes) -> None:
        """Take bytes that go to the plugin: whole lines."""
        for line in data.splitlines():
            self._take(line, "in")

    def tick(self) -> None:
        """Tell of calls that have been under way for a while."""
        before_s = self._now() - SHOW_AFTER_S
        for key, row in self._pending.items():
            if row.at_s <= before_s and key not in self._shown:
                self._shown.add(key)
                self._tell(row)

    def _take(self, line: bytes, asks: Literal["in", "out"]) -> None:
        """Take a line; `asks` is the direction of a call if the line is a request."""
        if not line:
            return
        second = int(time.monotonic())
        if second != self._second:
            self._second, self._left = second, MAX_PER_S
        self._left -= 1
        if self._left < 0 or len(line) > MAX_LINE_BYTES:
            self.skipped += 1
            return
        try:
            message = _line(line)
            if message.method:
                self._asked(message, asks, len(line))
            elif message.id is not None:
                self._answered(message, "out" if asks == "in" else "in", len(line))
        except Exception:  # noqa: BLE001 - the border: whoever looks on must not disturb the wire
            self.skipped += 1

    def _asked(self, message: _Line, direction: Literal["in", "out"], size: int) -> None:
        method = clean(known.beginning(message.method, 200))
        if method.startswith("$/"):
            if method == "$/stream":
                self._item(message.params, "out" if direction == "in" else "in", size)
            return
        meta = _meta_of(message.params)
        is_request = message.id is not None
        row = TraceRow(
            key=self._key(direction, message.id if is_request else id(message)),
            at_s=self._now(),
            plugin=self._plugin,
            session=self._session,
            direction=direction,
            kind="notification"
            if not is_request
            else "stream"
            if meta is not None and meta.stream is not None
            else "request",
            id=clean(str(message.id)[:64]) if is_request else "",
            method=method,
            parent=self._key("in" if direction == "out" else "out", meta.parent)
            if meta is not None and meta.parent is not None
            else "",
            ended_s=None if is_request else self._now(),
            request_bytes=size,
            params=self._body(method, message.params),
        )
        if not is_request:
            self._tell(row)
        elif len(self._pending) < MAX_PENDING:
            self._pending[row.key] = row
        else:
            self.skipped += 1

    def _answered(self, message: _Line, direction: Literal["in", "out"], size: int) -> None:
        row = self._pending.pop(self._key(direction, message.id), None)
        if row is None:
            return
        self._shown.discard(row.key)
        error = message.error or {}
        code: Any = error.get("code", 0)
        self._tell(
            msgspec.structs.replace(
                row,
                ended_s=self._now(),
                code=code if isinstance(code, int) else -1,
                error=clean(known.beginning(str(error.get("message", "")), 1_000)),
                response_bytes=row.response_bytes + size,
                result=self._body(row.method, message.result),
            )
        )

    def _item(self, params: msgspec.Raw, direction: Literal["in", "out"], size: int) -> None:
        try:
            found = _stream(params)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return
        key = self._key(direction, found.id)
        row = self._pending.get(key)
        if row is not None:
            self._pending[key] = msgspec.structs.replace(
                row, items=row.items + 1, response_bytes=row.response_bytes + size
            )

    def _key(self, direction: str, request: object) -> str:
        return clean(f"{self._session}/{direction}/{str(request)[:64]}")

    def _body(self, method: str, raw: msgspec.Raw) -> Any:
        text = bytes(raw)
        if not text or not self._bodies():
            return None
        if method in SECRET_BODIES:
            return HIDDEN_BODY
        if len(text) > MAX_BODY_CHARS:
            return f"{clean(masked_beginning(text, MAX_BODY_CHARS))}… ({len(text)} bytes)"
        try:
            value: Any = msgspec.json.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return "(can't be read)"
        if isinstance(value, dict):
            cast("dict[str, Any]", value).pop("_meta", None)
        return masked_body(value)


def _meta_of(params: msgspec.Raw) -> _Meta | None:
    if b'"_meta"' not in bytes(params):
        return None
    try:
        return _params(params).meta
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
