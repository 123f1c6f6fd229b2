"""`plughost top` over five plugins that do nothing: `SECONDS` -> ms to its first picture, CPU in % of a core.

The first picture has come once the rows of all plugins are on the terminal; the time is from the start of
the command, with everything that it imports.
"""

import statistics
import sys
import time

import msgspec

from benchmarks.monitored_host import MonitoredHost
from benchmarks.pseudo_terminal import PseudoTerminal

PLUGINS = 5
STARTS = 3
FIRST_S = 20.0
_SETTLE_S = 2.0


def first_picture_ms(terminal: PseudoTerminal, plugins: int) -> float:
    """Wait until the rows of so many plugins are shown; return how long it took since the start."""
    shown_s = [terminal.shows(f"calm-{number:04}", FIRST_S) for number in range(plugins)]
    return (max(shown_s) - terminal.began_s) * 1e3


def _measure(seconds: float) -> list[float]:
    first_ms: list[float] = []
    cpu_pct = 0.0
    with MonitoredHost(PLUGINS) as host:
        for start in range(STARTS):
            with host.monitor() as terminal:
                first_ms.append(first_picture_ms(terminal, PLUGINS))
                if start == STARTS - 1:
                    terminal.rest(_SETTLE_S)
                    cpu_pct = cpu_of(terminal, seconds)
    return [statistics.median(first_ms), cpu_pct]


def cpu_of(terminal: PseudoTerminal, seconds: float) -> float:
    """Watch for a while; return the monitor's CPU in percent of a core."""
    began_s, before_s = time.perf_counter(), terminal.cpu_s()
    terminal.rest(seconds)
    return (terminal.cpu_s() - before_s) / (time.perf_counter() - began_s) * 100


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(_measure(float(sys.argv[1]))).decode())
