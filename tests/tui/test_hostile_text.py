"""Nothing that a plugin says reaches the operator as anything but text, whatever screen is open."""

import re

from tui.hostile_host import MARK
from tui.terminal import Terminal, terminal

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import anyio
from host.tui.run import run_monitor
from tui.hostile_host import hostile_host
facade = hostile_host()
anyio.run(lambda: run_monitor(facade.connect, clock=facade.clock))
"""

STRINGS = re.compile(rb"\x1b[\]PX^_]([^\x07\x1b]*)(?:\x07|\x1b\\)?")
"""OSC, DCS, SOS, PM and APC, and what is in them."""

OTHER = re.compile(rb"[\x00-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f]")
"""Control characters that Textual itself has no use for."""


def _walk(one: Terminal) -> None:
    """Open every screen, and every tab of a plugin."""
    one.sees("Overview")
    for key, text in ((b"2", "[2 Events"), (b"3", "[3 Problems"), (b"4", "[4 Store"), (b"5", "[5 Host")):
        one.opens(key, text)
    one.opens(b"1", "[1 Overview")
    one.press(b"\r")
    one.sees("[Summary]")
    for title in ("Logs", "RPC", "Events", "Config", "Storage", "Permissions", "Manifest"):
        one.press(b"]")
        one.sees(f"[{title}]")
    one.press(b"]")
    one.sees("[Page]")
    # Its widgets, and the section that is a tab.
    for _ in range(4):
        before = len(one.seen)
        one.press(b"]")
        one.until(lambda before=before: len(one.seen) > before)
    one.press(b"\x1bOQ")
    one.sees("scroll  Esc close")
    one.press(b"\x1b")
    one.until(lambda: "scroll  Esc close" not in one.text)
    for _ in range(9):
        before = len(one.seen)
        one.press(b"T")
        one.until(lambda before=before: len(one.seen) > before)
    one.press(b"r")
    one.press(b":")
    one.sees("Search")
    one.press(b"red")
    one.press(b"\x1b")
    one.until(lambda: "🔎" not in one.text)
    one.press(b":")
    one.sees("Search")
    one.press(b"answer ")
    one.until(lambda: "Answer" in one.text)
    one.press(b"\r")
    one.sees("asks", "no answer")
    one.press(b"\x13")
    one.press(b"\x1b")
    one.until(lambda: "no answer" not in one.text)
    one.press(b"?")
    one.sees("Keys")
    one.press(b"\x1b")
    one.until(lambda: "Keys" not in one.text)


def test_no_sequence_of_a_plugin_reaches_a_terminal():
    with terminal(PROGRAM) as one:
        _walk(one)
        assert one.quit() == 0
        seen = bytes(one.seen)
    strings = STRINGS.findall(seen)
    assert not [found for found in strings if found.startswith((b"52", b"0;", b"1;", b"2;", b"8;"))]
    assert not [found for found in strings if MARK.encode() in found]
    assert OTHER.search(STRINGS.sub(b"", seen)) is None
    text = seen.decode("utf-8")
    assert not any(0x80 <= ord(char) < 0xA0 for char in text)
    assert not any(char in text for char in "\u202e\u2066\u200f\u2028\u2029\ufeff\u200b\U000e0041")
    assert "Traceback" not in text
