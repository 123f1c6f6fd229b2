"""The child of the blocking floor."""

import os
from collections.abc import Iterator

from benchmarks.echo_frame import READ_BYTES, WRITE_EVERY, Frame, Lines, decode_lines, encode


def _write(frames: list[Frame]) -> None:
    rest = memoryview(b"".join([encode(frame) + b"\n" for frame in frames]))
    while rest:
        rest = rest[os.write(1, rest) :]


def _answers(frames: list[Frame]) -> Iterator[Frame]:
    for frame in frames:
        if frame.id > 0:
            yield frame
        elif frame.id < 0:
            assert isinstance(frame.value, int)
            for item in range(frame.value):
                yield Frame(frame.id, item)


def _serve() -> None:
    lines = Lines()
    while data := os.read(0, READ_BYTES):
        if block := lines.feed(data):
            waiting: list[Frame] = []
            for frame in _answers(decode_lines(block)):
                waiting.append(frame)
                if len(waiting) == WRITE_EVERY:
                    _write(waiting)
                    waiting = []
            if waiting:
                _write(waiting)


if __name__ == "__main__":
    _serve()
