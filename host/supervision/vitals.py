"""Vitals: what one session's process tree uses, and what is done when it uses too much.

Takes the watchdog's samples; logs every breach with the figures that led to it; throttles by itself, and
asks its session to end what must end.
"""

from collections.abc import Callable, Coroutine
from typing import Any

from host.facade import Figures
from host.process.ladder import Rung
from host.process.launcher import PluginProcess
from host.supervision.output import PluginLog
from host.supervision.restart import Cause
from host.supervision.throttle import Throttle
from host.watchdog.duty import next_duty
from host.watchdog.limits import Breach, Judge, Kind, describe
from host.watchdog.sample import Sample
from protocol.launch import Known
from protocol.manifest import Limits

End = Callable[[Cause, str, Rung], None]
"""Ends the session: cause, one sentence, and where on the shutdown ladder to begin."""


Start = Callable[[Callable[[], Coroutine[Any, Any, None]]], None]
"""Starts a task that lives no longer than its session."""


class Vitals:
    """One tree's figures and limits."""

    def __init__(
        self,
        limits: Limits,
        process: PluginProcess,
        log: PluginLog,
        on_stopped: Callable[[float], None],
        start: Start,
        end: End,
    ) -> None:
        """`on_stopped(seconds)` is told for how long the throttle stopped the tree, each time."""
        self.judge = Judge(limits)
        self._limits = limits
        self._process = process
        self._log = log
        self._start = start
        self._end = end
        self._sample: Sample | None = None
        self._throttle = Throttle(process, self.beside_root, on_stopped)
        self._throttling = False
        self._released = False

    def observe(self, sample: Sample, breaches: list[Breach]) -> None:
        """Take a sample and act on what it breaches."""
        self._sample = sample
        if self._throttle.duty < 1.0 and sample.cpu_cores is not None:
            self._throttle.duty = next_duty(self._throttle.duty, sample.cpu_cores, self._limits.cpu_cores)
        for breach in breaches:
            self._breached(breach, sample)

    @property
    def throttled_to(self) -> float | None:
        """Share of the time that it may run; None while it is not throttled."""
        return self._throttle.duty if self._throttle.duty < 1.0 else None

    def release(self) -> None:
        """Let the tree run freely, for good: it is to end, and signals must reach it."""
        self._released = True
        self._throttle.release()

    def beside_root(self) -> tuple[Known, ...]:
        """Return the rest of the tree, as the last sweep saw it."""
        if self._sample is None:
            return ()
        return tuple(Known(key.pid, key.started) for key in self._sample.tree if key.pid != self._process.pid)

    def seen_rss_bytes(self) -> int:
        """Return the whole tree's memory in the last sweep."""
        return 0 if self._sample is None else self._sample.rss_bytes

    @property
    def memory_bytes(self) -> int | None:
        """The whole tree's, PSS where it is known; None before the first sweep."""
        sample = self._sample
        if sample is None:
            return None
        return sample.rss_bytes if sample.pss_bytes is None else sample.pss_bytes

    def figures(
        self,
        *,
        calls: int,
        errors: int,
        in_flight: int,
        p50_s: float | None,
        p99_s: float | None,
        faults: int,
        late: int,
    ) -> Figures:
        """Return what was measured, with what was counted."""
        # Made at once and not by `replace`: of every plugin, as often as somebody looks.
        sample = self._sample
        if sample is None:
            return Figures(
                throttled_to=self.throttled_to,
                calls=calls,
                errors=errors,
                in_flight=in_flight,
                p50_s=p50_s,
                p99_s=p99_s,
                faults=faults,
                late=late,
            )
        return Figures(
            cpu_cores=sample.cpu_cores,
            memory_bytes=sample.rss_bytes if sample.pss_bytes is None else sample.pss_bytes,
            memory_basis="RSS" if sample.pss_bytes is None else "PSS",
            threads=sample.threads,
            descriptors=sample.descriptors,
            children=sample.children,
            written_bytes=sample.written_bytes,
            throttled_to=self.throttled_to,
            calls=calls,
            errors=errors,
            in_flight=in_flight,
            p50_s=p50_s,
            p99_s=p99_s,
            faults=faults,
            late=late,
        )

    def _breached(self, breach: Breach, sample: Sample) -> None:
        sentence = describe(breach)
        fields = {
            "pid": self._process.pid,
            "rss_bytes": sample.rss_bytes,
            "pss_bytes": sample.pss_bytes,
            "cpu_cores": sample.cpu_cores and round(sample.cpu_cores, 2),
            "threads": sample.threads,
            "descriptors": sample.descriptors,
            "children": sample.children,
        }
        self._log.warning(sentence, fields)
        match breach.act:
            case "restart":
                self._end(Cause.LIMIT, sentence, Rung.KILL)
            case "stop":
                self._end(Cause.REFUSED, sentence, Rung.KILL)
            case "throttle" if breach.kind is Kind.CPU and not self._released:
                if self._throttle.duty == 1.0:
                    cores = sample.cpu_cores or self._limits.cpu_cores
                    self._throttle.duty = next_duty(1.0, cores, self._limits.cpu_cores)
                    if not self._throttling:
                        self._throttling = True
                        self._start(self._run_throttle)
            case _:
                pass

    async def _run_throttle(self) -> None:
        """Throttle until its use has fallen; a breach meanwhile lets it go on."""
        try:
            await self._throttle.run()
        finally:
            self._throttling = False
        if not self._released:
            self._log.info("its CPU use fell; it is no longer throttled")
