"""Rounds: every contestant takes every row in turn, several times over, so that all see the same machine.

Owns the order, the lives of the drivers and the time of the whole. How a sample is taken is the drivers' and
`benchmarks.own`'s business. A contestant that fails or hangs is left out from there on; the run goes on.
"""

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from benchmarks.contestant import Absent, Contestant
from benchmarks.contestants import Plughost
from benchmarks.driver_process import DriverLost, DriverProcess
from benchmarks.outcome import Outcome
from benchmarks.own import Effort
from benchmarks.process_tree import nothing_left_behind, pss_mib
from benchmarks.rows import Measurement

SPARE_S = 20.0
"""Time in seconds that a sample may take beyond its own."""

_START_S = 1.5
"""Time that each further child may take to start."""

Wanted = Callable[[type[Contestant], Measurement], bool]


class Rounds:
    """One run. Use it as a context: leaving it ends every process that it started."""

    def __init__(
        self,
        contestants: Sequence[type[Contestant]],
        measurements: Sequence[Measurement],
        effort: Effort,
        report: Callable[[str], None],
        spare_s: float = SPARE_S,
    ) -> None:
        """`report` is told what goes on; a sample may take `spare_s` beyond its own time."""
        self.outcome = Outcome(tuple(contestants), tuple(measurements))
        self.lost: set[str] = set()
        """Contestants that failed, as against those that can't be measured here."""
        self._effort = effort
        self._report = report
        self._spare_s = spare_s
        self._drivers: dict[str, DriverProcess] = {}
        self._stack = ExitStack()

    def __enter__(self) -> "Rounds":
        self._stack.enter_context(nothing_left_behind())
        self._folder = Path(self._stack.enter_context(TemporaryDirectory(prefix="plughost-bench-")))
        return self

    def __exit__(self, *_: object) -> None:
        with self._stack:
            self._end()

    def run(self, rounds: int, limit_s: float, wanted: Wanted) -> None:
        """Measure; no sample is begun after `limit_s`."""
        until_s = time.monotonic() + limit_s
        self.outcome.load = os.getloadavg()[0]
        self._report(f"load before the run: {self.outcome.load:.1f}")
        contestants, measurements = self.outcome.contestants, self.outcome.measurements
        for contestant in contestants:
            if any(wanted(contestant, one) for one in measurements) and (reason := contestant.unavailable()):
                self._leave_out(contestant.name, reason)
        for number in range(rounds):
            self._report(f"round {number + 1} of {rounds}")
            due = [one for one in measurements if number < one.most_samples]
            self._start([c for c in contestants if any(m.ask and wanted(c, m) for m in due)], number)
            # Whoever goes first in a round follows somebody else in the next.
            turn = number % len(contestants)
            for measurement in due:
                for contestant in (*contestants[turn:], *contestants[:turn]):
                    if time.monotonic() > until_s:
                        self._report(f"the time is over, after {self.outcome.rounds} whole rounds")
                        return
                    if wanted(contestant, measurement):
                        self._take(contestant, measurement, number)
            self._end()
            self.outcome.rounds += 1

    def _start(self, contestants: Sequence[type[Contestant]], number: int) -> None:
        """Start the drivers of one round.

        All are new in each: where the kernel lays a process out in memory makes it up to twice as fast or
        slow for all its life, and this is how a run sees several layouts of each.
        """
        for contestant in contestants:
            name = contestant.name
            if name not in self.outcome.left_out:
                try:
                    self._drivers[name] = DriverProcess(contestant, self._folder / f"{name}.log")
                except OSError as exc:
                    self._leave_out(name, f"its driver does not start: {exc}")
        for name, driver in [*self._drivers.items()]:
            try:
                driver.ready()
            except DriverLost as exc:
                self._lose(name, f"round {number + 1}, {exc}")

    def _end(self) -> None:
        for driver in self._drivers.values():
            driver.ask_to_leave()
        while self._drivers:
            self._drivers.popitem()[1].end()

    def _take(self, contestant: type[Contestant], measurement: Measurement, number: int) -> None:
        name = contestant.name
        try:
            figures = self._sample(contestant, measurement)
        except Absent as exc:
            for row in measurement.rows:
                self.outcome.add_absent(name, row, str(exc))
        except DriverLost as exc:
            self._lose(name, f"round {number + 1}, {exc}")
        else:
            for row, figure in zip(measurement.rows, figures, strict=True):
                self.outcome.add(name, row, number, figure)

    def _sample(self, contestant: type[Contestant], measurement: Measurement) -> list[float]:
        if measurement.own is not None:
            try:
                return measurement.own(self._effort)
            except (RuntimeError, OSError, ValueError) as exc:
                self._report(str(exc))
                raise Absent(f"it failed: {exc}") from exc
        driver = self._drivers.get(contestant.name)
        if driver is None:
            raise Absent(self.outcome.left_out[contestant.name])
        seconds, count = self._effort.sample_s, measurement.count
        if measurement.ask == "start":
            if count > contestant.most_children:
                raise Absent(f"left at {contestant.most_children}: it would take the run's time")
            answer = driver.ask("start", 0, count, self._spare_s + count * _START_S)
            try:
                weight = [sum(map(pss_mib, answer.pids)) / count] if measurement.weighs else []
            except psutil.NoSuchProcess as exc:
                raise DriverLost(f"start {count}: {exc}") from None
            driver.ask("stop", 0, 0, self._spare_s + count * _START_S)
            return answer.figures + weight
        if not measurement.pinned:
            return driver.ask(measurement.ask, seconds, count, seconds + self._spare_s).figures
        driver.share_one_cpu(True)
        try:
            return driver.ask(measurement.ask, seconds, count, seconds + self._spare_s).figures[:1]
        finally:
            driver.share_one_cpu(False)

    def _lose(self, name: str, reason: str) -> None:
        self._drivers.pop(name).kill()
        self.lost.add(name)
        self._leave_out(name, reason)

    def _leave_out(self, name: str, reason: str) -> None:
        self.outcome.left_out[name] = reason
        self._report(f"{name} is left out: {reason}")


def usual(contestant: type[Contestant], measurement: Measurement) -> bool:
    """Whether a contestant takes a measurement in a whole run."""
    if measurement.own is not None:
        return contestant is Plughost
    if measurement.of is not None and contestant.name not in measurement.of:
        return False
    return contestant.starts if measurement.ask == "start" else contestant.calls
