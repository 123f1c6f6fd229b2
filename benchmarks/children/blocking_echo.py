"""The child of the blocking floor."""

import os

from benchmarks.echo_frame import READ_BYTES, WRITE_EVERY, Lines, decode_lines, encode


def _write(data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(1, rest) :]


def _serve() -> None:
    lines = Lines()
    while data := os.read(0, READ_BYTES):
        if block := lines.feed(data):
            frames = decode_lines(block)
            for start in range(0, len(frames), WRITE_EVERY):
                _write(b"".join([encode(frame) + b"\n" for frame in frames[start : start + WRITE_EVERY]]))


if __name__ == "__main__":
    _serve()
