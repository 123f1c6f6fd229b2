"""A program under a real terminal: what it writes is kept byte by byte and shown on a screen by pyte."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import pyte

TESTS = Path(__file__).parents[1]
WAIT_S = 30.0


class Terminal:
    """The operator's side."""

    def __init__(self, child: "subprocess.Popen[bytes]", descriptor: int, size: tuple[int, int]) -> None:
        self.child = child
        self.screen = pyte.Screen(*size)
        self.seen = bytearray()
        """All that was written to it."""
        self._descriptor = descriptor
        self._stream = pyte.ByteStream(self.screen)

    @property
    def text(self) -> str:
        """What is on the screen."""
        return "\n".join(self.screen.display)

    def press(self, keys: bytes) -> None:
        """Type."""
        os.write(self._descriptor, keys)

    def until(self, holds: Callable[[], bool]) -> None:
        """Take what comes until something holds, half a minute at most."""
        end_s = time.monotonic() + WAIT_S
        while not holds():
            assert time.monotonic() < end_s, f"it was never seen:\n{self.text}"
            if not select.select([self._descriptor], [], [], 0.5)[0]:
                continue
            try:
                found = os.read(self._descriptor, 65_536)
            except OSError:
                # The other end is closed: the program is over.
                self.child.wait(WAIT_S)
                assert holds(), f"the program is over:\n{bytes(self.seen[-4_000:])!r}"
                return
            self.seen += found
            self._stream.feed(found)

    def sees(self, *texts: str) -> None:
        """Wait until these texts are on the screen."""
        self.until(lambda: all(text in self.text for text in texts))

    def opens(self, key: bytes, text: str) -> None:
        """Press a key that opens something, again where it came while another screen was opening."""
        pressed_s = 0.0

        def opened() -> bool:
            nonlocal pressed_s
            if text in self.text:
                return True
            if time.monotonic() - pressed_s > 3:
                pressed_s = time.monotonic()
                self.press(key)
            return False

        self.until(opened)

    def quit(self) -> int:
        """Press q, take the rest, and return the program's exit code."""
        self.press(b"q")
        self.until(lambda: self.child.poll() is not None)
        return self.child.wait(WAIT_S)


@contextmanager
def terminal(program: str, *arguments: str, size: tuple[int, int] = (120, 36)) -> Generator[Terminal]:
    """Run a Python program, given as text, under a terminal of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": str(size[0]), "LINES": str(size[1])}
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(TESTS), *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    try:
        yield Terminal(child, ours, size)
    finally:
        child.kill()
        child.wait()
        os.close(ours)
