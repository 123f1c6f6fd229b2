"""The monitor in a real terminal: it starts, is seen, takes what is typed, and quits."""

from tui.terminal import Terminal, terminal

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import anyio
from host.tui.run import run_monitor
from tui.driven import full_host
facade = full_host()
anyio.run(lambda: run_monitor(facade.connect, clock=facade.clock))
"""


def test_it_is_seen_in_a_terminal_and_quits_in_order():
    with terminal(PROGRAM, size=(100, 30)) as one:
        one.sees("github")
        assert one.quit() == 0


def test_a_filter_that_comes_in_one_burst_with_its_key_loses_no_letter():
    with terminal(PROGRAM) as one:
        one.sees("github", "weather")
        # Each of these letters is a key of its own while nothing is typed.
        one.press(b"/wea/r\r")
        one.sees("wea/r", "No plugin matches")
        one.press(b"\x1b")
        one.sees("github", "weather")
        one.press(b"/weather\r")
        one.until(lambda: _rows_with(one, "github") == 0 and _rows_with(one, "weather") > 0)
        one.press(b"\x1b")
        one.until(lambda: _rows_with(one, "github") > 0)
        assert one.quit() == 0


def _rows_with(one: Terminal, plugin: str) -> int:
    """Return how many rows of the table, which has the upper half, name a plugin."""
    return sum(plugin in line for line in one.screen.display[:18])


def test_keys_that_come_in_one_burst_go_to_the_screens_that_they_open():
    with terminal(PROGRAM) as one:
        one.sees("github", "weather")
        # The first row's plugin, its log, back, the problems, and the palette with what is typed there.
        one.press(b"\rl")
        one.sees("[Logs]")
        one.press(b"\x1b")
        one.until(lambda: "[Logs]" not in one.text)
        one.press(b"3:ope")
        one.sees("[3 Problems", "ope")
        one.until(lambda: "Open" in one.text)
        one.press(b"\x1b")
        one.until(lambda: "🔎" not in one.text)
        one.press(b"1\r]]]l?")
        one.sees("Keys", "newest line, and follow", "long lines cut")
        one.press(b"\x1b")
        one.until(lambda: "newest line, and follow" not in one.text)
        assert one.quit() == 0
