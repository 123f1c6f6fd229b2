"""PseudoTerminal: a command under a terminal of its own, which is read all the time and answers as one does.

Keeps no picture: what is waited for is a text that was not on the screen before. Nothing else may be waited
for while the command writes, or it would stand still on a full terminal, so every wait of whoever measures is
one of these methods.
"""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from contextlib import suppress

import psutil

COLUMNS, ROWS = 120, 36

LEAVE_S = 5.0
"""Longest time that a command may take to leave once it is asked to."""

_FRAME_BEGINS, _FRAME_ENDS = b"\x1b[?2026h", b"\x1b[?2026l"
"""Around all that a terminal is to show at once."""

_QUESTIONS = re.compile(rb"\x1b\[\?(\d+)\$p|\x1b\[(c|6n)")
_LONGEST_QUESTION_BYTES = 16
_ANSWERS = {b"c": b"\x1b[?62;22c", b"6n": b"\x1b[1;1R"}
_READ_BYTES = 65_536


class PseudoTerminal:
    """One command in it. Use it as a context: leaving it ends the command."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        leave_key: bytes = b"q",
        leave_s: float = LEAVE_S,
        pass_fds: Sequence[int] = (),
    ) -> None:
        """Start the command. It is asked to leave by a key, and killed where it is not gone in time."""
        self._leave_key = leave_key
        self._leave_s = leave_s
        self._terminal, theirs = pty.openpty()
        try:
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
            self.began_s = time.perf_counter()
            self._process = subprocess.Popen(
                command,
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env=_environment(),
                start_new_session=True,
                pass_fds=pass_fds,
            )
        except BaseException:
            os.close(self._terminal)
            raise
        finally:
            os.close(theirs)
        self._seen = b""
        """What was written since the last key, as far as it is still looked through."""
        self._question = b""
        """The end of what was written, which may be the beginning of a question."""
        self._over = False

    def __enter__(self) -> "PseudoTerminal":
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._process.poll() is None:
                with suppress(OSError):
                    self.press(self._leave_key)
                self._read_until(time.perf_counter() + self._leave_s)
        finally:
            if self._over:
                # It has let go of the terminal, and may not be quite gone.
                with suppress(subprocess.TimeoutExpired):
                    self._process.wait(self._leave_s)
            self._process.kill()
            self._process.wait()
            os.close(self._terminal)

    def cpu_s(self) -> float:
        """Return the CPU time that the command has taken so far, all its threads together."""
        times = psutil.Process(self._process.pid).cpu_times()
        return times.user + times.system

    @property
    def written(self) -> bytes:
        """What was written since the last key, its end."""
        return self._seen

    def press(self, key: bytes) -> float:
        """Type a key; return when, by `time.perf_counter`."""
        self._seen = b""
        pressed_s = time.perf_counter()
        os.write(self._terminal, key)
        return pressed_s

    def shows(self, text: str, within_s: float) -> float:
        """Wait until a text has been written since the last key, and its frame to the end; return when.

        Raises:
            RuntimeError: It did not come in time, or the command is over.
        """
        until_s = time.perf_counter() + within_s
        wanted = text.encode()
        while not is_shown(self._seen, wanted):
            left_s = until_s - time.perf_counter()
            if self._over or left_s <= 0:
                why = "the command is over" if self._over else f"not within {within_s:g} s"
                raise RuntimeError(f"{text} was not shown: {why}; the end of it: {self._seen[-300:]!r}")
            self._read(left_s)
        return time.perf_counter()

    def rest(self, seconds: float) -> None:
        """Take what is written for a while."""
        self._read_until(time.perf_counter() + seconds)

    def rest_until(self, readable: int, within_s: float) -> None:
        """Take what is written until another descriptor can be read. Raises RuntimeError after `within_s`."""
        until_s = time.perf_counter() + within_s
        while not self._read(max(0.0, until_s - time.perf_counter()), readable):
            if time.perf_counter() >= until_s:
                raise RuntimeError(f"nothing was answered within {within_s:g} s")

    def _read_until(self, until_s: float) -> None:
        while not self._over and (left_s := until_s - time.perf_counter()) > 0:
            self._read(left_s)

    def _read(self, within_s: float, other: int = -1) -> bool:
        """Read what is there, or comes; return whether the other descriptor can be read."""
        ours = [] if self._over else [self._terminal]
        readable, _, _ = select.select([*ours, *([other] if other >= 0 else [])], [], [], within_s)
        if self._terminal in readable:
            try:
                found = os.read(self._terminal, _READ_BYTES)
            except OSError:
                # What Linux says once the other end is closed.
                found = b""
            self._over = not found
            self._seen = (self._seen + found)[-4 * _READ_BYTES :]
            self._answer(self._question + found)
        return other in readable

    def _answer(self, written: bytes) -> None:
        end = 0
        for asked in _QUESTIONS.finditer(written):
            mode, end = asked[1], asked.end()
            # Of the modes, updates that are shown at once are known and off, as in most terminals of today.
            answer = (
                _ANSWERS[asked[2]] if not mode else b"\x1b[?%b;%d$y" % (mode, 2 if mode == b"2026" else 0)
            )
            os.write(self._terminal, answer)
        self._question = written[end:][-_LONGEST_QUESTION_BYTES:]


def is_shown(written: bytes, wanted: bytes) -> bool:
    """Tell whether a text was written, and all that the terminal is to show at once with it."""
    place = written.find(wanted)
    if place < 0:
        return False
    is_framed = written.rfind(_FRAME_BEGINS, 0, place) > written.rfind(_FRAME_ENDS, 0, place)
    return not is_framed or _FRAME_ENDS in written[place:]


def _environment() -> dict[str, str]:
    unset = {"NO_COLOR", "COLUMNS", "LINES", "TERM_PROGRAM"}
    environment = {
        name: value for name, value in os.environ.items() if name not in unset and "TEXTUAL" not in name
    }
    return environment | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
