"""Newline frames: any chunking of a byte stream in, whole lines out.

Owns the frame bound and what happens past it. Does not look inside a line: that is `protocol.jsonrpc`.
A frame that is too long is a value in `faults`, never an exception, and the stream goes on behind it.
"""

from enum import StrEnum

import msgspec

MAX_FRAME_BYTES = 16 * 1024 * 1024
"""Longest line that is read, its newline not counted. Source: behaviour in numbers, *Wire*."""

HEAD_BYTES = 200
"""How much of a bad frame is kept for the log."""


class FaultKind(StrEnum):
    """What can be wrong with a line."""

    STRAY = "stray_output"
    MALFORMED = "malformed_frame"
    OVERSIZE = "frame_too_large"
    BATCH = "batch_unsupported"


class Fault(msgspec.Struct, frozen=True):
    """One bad line: what is wrong with it, and its first `HEAD_BYTES` bytes."""

    kind: FaultKind
    detail: str
    head: bytes


class LineBuffer:
    """Collects chunks and gives back whole lines, each with its newline, in one block."""

    __slots__ = ("_chunks", "_max", "discarding", "faults", "held_bytes")

    def __init__(self, max_frame_bytes: int = MAX_FRAME_BYTES) -> None:
        self._max = max_frame_bytes
        self._chunks: list[bytes] = []
        self.held_bytes = 0
        """Bytes of the frame that is not complete yet."""
        self.discarding = False
        """Whether the rest of a frame that was given up is being read past."""
        self.faults: list[Fault] = []
        """Oversize frames since the owner last took them."""

    def feed(self, data: bytes) -> bytes:
        """Take a chunk; return all lines that are complete now, or `b""`."""
        cut = data.rfind(b"\n") + 1
        if not cut:
            self._hold(data)
            return b""
        if cut == len(data):
            block, tail = data, b""
        else:
            block, tail = data[:cut], data[cut:]
        if self.held_bytes or self.discarding:
            block = self._finish_first(block)
        if len(block) > self._max:
            block = self._drop_long_lines(block)
        if tail:
            self._hold(tail)
        return block

    def discard(self) -> None:
        """Give up the incomplete frame: what is held is freed, the rest of the line is read past."""
        if not self.discarding and self.held_bytes:
            self._report(b"".join(self._chunks)[:HEAD_BYTES])
            self._start_discarding()

    def _finish_first(self, block: bytes) -> bytes:
        """Join the held start of a line with its end, which `block` begins with."""
        if self.discarding:
            self.discarding = False
            return block[block.index(b"\n") + 1 :]
        end = block.index(b"\n")
        if self.held_bytes + end > self._max:
            self._report((b"".join(self._chunks) + block)[:HEAD_BYTES])
            block = block[end + 1 :]
        else:
            self._chunks.append(block)
            block = b"".join(self._chunks)
        self._chunks = []
        self.held_bytes = 0
        return block

    def _drop_long_lines(self, block: bytes) -> bytes:
        kept: list[bytes] = []
        for line in split_lines(block):
            if len(line) - 1 > self._max:
                self._report(line[:HEAD_BYTES])
            else:
                kept.append(line)
        return b"".join(kept)

    def _hold(self, data: bytes) -> None:
        if self.discarding:
            return
        self._chunks.append(data)
        self.held_bytes += len(data)
        if self.held_bytes > self._max:
            self.discard()

    def _start_discarding(self) -> None:
        self._chunks = []
        self.held_bytes = 0
        self.discarding = True

    def _report(self, head: bytes) -> None:
        self.faults.append(Fault(FaultKind.OVERSIZE, f"a frame is longer than {self._max} bytes", head))


def split_lines(block: bytes) -> list[bytes]:
    """Split after each newline only; `bytes.splitlines` also splits at carriage returns."""
    return [line + b"\n" for line in block.split(b"\n")[:-1]]
