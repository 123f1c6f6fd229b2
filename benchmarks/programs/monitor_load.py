"""`plughost top` over 200 plugins and 10,000 log lines/s: `SECONDS` -> CPU in % of a core, key p95 in ms.

All plugins are real, and half of them log warnings, so that the table of all plugins and a log that follows
all lines are painted on one screen. The others are the rows that are scrolled through: with the cursor at the
lower edge each `j` brings one that was not seen before, and the time is until its line is on the terminal.

Two more figures show that there was a load: the lines/s that came to the host's log, and the share of lines,
in percent, that did not reach the monitor.
"""

import sys

import msgspec

from benchmarks.monitored_host import MonitoredHost
from benchmarks.programs.monitor_rest import FIRST_S, cpu_of
from benchmarks.pseudo_terminal import PseudoTerminal

QUIET = CHATTY = 100
LINES_PER_S = 10_000
KEYS_PER_S = 12
MOST_KEYS = 60
KEY_S = 5.0
"""Longest that an effect is waited for."""

_HOME, _DOWN = b"\x1b[H", b"j"
_SETTLE_S = 1.5
_KEY_EVERY_S = 0.15
"""About; the pauses between keys, and a picture each."""

_MARGIN_S = 20.0


def _measure(seconds: float) -> list[float]:
    with MonitoredHost(QUIET, CHATTY) as host, host.monitor() as terminal:
        terminal.shows("calm-0000", FIRST_S)
        lowest = _go_to_lowest(terminal)
        keys = max(1, min(MOST_KEYS, int(seconds * KEYS_PER_S)))
        chatter_s = 2 * _SETTLE_S + seconds + keys * _KEY_EVERY_S
        host.ask("chatter", LINES_PER_S, chatter_s)
        terminal.rest(_SETTLE_S)
        cpu_pct = cpu_of(terminal, seconds)
        taken_ms = sorted(_key_ms(terminal, lowest + number + 1, number) for number in range(keys))
        terminal.rest_until(host.answers, chatter_s + _MARGIN_S)
        lines, lost, took_s = host.answer()
    key_p95_ms = taken_ms[int(len(taken_ms) * 0.95)]
    return [cpu_pct, key_p95_ms, lines / took_s, 100 * lost / lines]


def _go_to_lowest(terminal: PseudoTerminal) -> int:
    """Move the cursor down until a row comes in; return the number of that row."""
    terminal.rest(_SETTLE_S)
    rows = 0
    while f"calm-{rows:04}".encode() in terminal.written:
        rows += 1
    for number in range(1, rows):
        terminal.press(_DOWN)
        terminal.shows(f"calm-{number:04}", KEY_S)
    return rows - 1


def _key_ms(terminal: PseudoTerminal, comes: int, number: int) -> float:
    # At another place of the monitor's tenth of a second each time.
    terminal.rest(0.03 + number * 7 % 10 / 100)
    pressed_s = terminal.press(_DOWN)
    return (terminal.shows(f"calm-{comes:04}", KEY_S) - pressed_s) * 1e3


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(_measure(float(sys.argv[1]))).decode())
