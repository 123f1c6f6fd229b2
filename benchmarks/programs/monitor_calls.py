"""Calls with and without a monitor, in turn: `PAIRS` -> p99 with it as a multiple of without, twice.

Each pair is a stretch of calls without a monitor and one with `plughost top` attached, over a host with 200
plugins. The first figure is of calls that follow each other. The second is of moments: as if somebody had
called ten thousand times a second, whether or not the call before was answered, so that what holds the host
up counts for all that it would have held up. Of the stretches of a kind the lower quartile is taken: a
monitor is at work in each of those with one, and what else the machine does makes single ones worse.
"""

import statistics
import sys

import msgspec

from benchmarks.monitored_host import MonitoredHost
from benchmarks.programs.monitor_rest import FIRST_S

PLUGINS = 200
STRETCHES = 4
STRETCH_S = 0.5
_SETTLE_S = 0.7
_MARGIN_S = 10.0


def _measure(pairs: int) -> list[float]:
    without: list[list[float]] = []
    beside: list[list[float]] = []
    with MonitoredHost(PLUGINS) as host:
        for _ in range(pairs):
            for _ in range(STRETCHES):
                host.ask("calls", STRETCH_S)
                without.append(host.answer())
            with host.monitor() as terminal:
                terminal.shows("calm-0000", FIRST_S)
                terminal.rest(_SETTLE_S)
                for _ in range(STRETCHES):
                    host.ask("calls", STRETCH_S)
                    terminal.rest_until(host.answers, STRETCH_S + _MARGIN_S)
                    beside.append(host.answer())
    return [_quartile_of(beside, one) / _quartile_of(without, one) for one in (0, 1)]


def _quartile_of(taken: list[list[float]], figure: int) -> float:
    return statistics.quantiles((one[figure] for one in taken), n=4, method="inclusive")[0]


if __name__ == "__main__":
    sys.stdout.write(msgspec.json.encode(_measure(int(sys.argv[1]))).decode())
