"""The frame of all floors: one JSON object per line, an id and the value to echo. Nothing else is in it."""

import msgspec

READ_BYTES = 64 * 1024
WRITE_EVERY = 16
"""Frames that are written together; one write for all that are queued puts both sides in lockstep."""


class Frame(msgspec.Struct, gc=False):
    """A request, and also its answer."""

    id: int
    """Above 0 it is echoed. 0 is a notification. Below it asks for a stream of `value` items of this id."""
    value: object


encode = msgspec.json.Encoder().encode
decode_lines = msgspec.json.Decoder(Frame).decode_lines


class Lines:
    """Whole lines out of chunks."""

    def __init__(self) -> None:
        self._held: list[bytes] = []

    def feed(self, data: bytes) -> bytes:
        """Take a chunk; return the lines that are complete now, as one block."""
        cut = data.rfind(b"\n") + 1
        if not cut:
            self._held.append(data)
            return b""
        block = b"".join([*self._held, data[:cut]])
        self._held = [data[cut:]] if cut < len(data) else []
        return block
