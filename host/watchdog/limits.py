"""Limits: from samples to verdicts.

Owns thresholds, how long a breach must last and which act follows. Pure: reads no process and no clock, and
acts on nothing. The monitor asks one judge per run of a plugin; the session carries out what a breach says.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, assert_never

from host.watchdog.sample import Sample
from protocol.manifest import Act, Limits
from protocol.sizes import format_size

SOFT_SHARE = 0.8
"""Share of a limit from which on it is reported, and sampled faster."""

REARM_SHARE = 0.7
"""Share below which a figure must fall before crossing the soft limit is reported again."""

SAMPLES_TO_ACT = 3
"""Samples running, over the limit, before anything is done."""

AT_ONCE_SHARE = 1.5
"""Share of the memory limit over which the first sample is enough."""

CPU_TOLERANCE = 1.1
"""Share of the CPU limit that a rate may reach: the kernel counts in ticks, and sweeps vary in spacing."""

FRESH_PSS_S = 2.0
"""Age, in seconds, up to which a PSS stands for the present."""

Level = Literal["soft", "over"]


class Kind(StrEnum):
    """What is limited."""

    MEMORY = "memory"
    CPU = "cpu"
    THREADS = "threads"
    DESCRIPTORS = "descriptors"
    CHILDREN = "children"


@dataclass(frozen=True, slots=True)
class Breach:
    """One figure that is too high, and what is to be done."""

    kind: Kind
    level: Level
    measured: float
    """Bytes, cores or a count."""
    limit: float
    basis: str
    """What was measured: `PSS` or `RSS`, `cores`, or `count`."""
    act: Act | None
    """None for a soft breach."""
    samples: int
    """Samples running that were over the limit, this one included; 0 for a soft breach."""


class Judge:
    """Judges the samples of one run, in their order.

    A soft breach is returned when the figure crosses 80 %, and again only after it was below 70 %. An act is
    returned once, and again only after the figure was back within its limit: who throttles keeps reading the
    samples.
    """

    def __init__(self, limits: Limits) -> None:
        other = limits.on_other
        self._gauges = (
            _Gauge(Kind.MEMORY, limits.memory_bytes, limits.on_memory, at_once_share=AT_ONCE_SHARE),
            _Gauge(Kind.CPU, limits.cpu_cores, limits.on_cpu, tolerance=CPU_TOLERANCE),
            _Gauge(Kind.THREADS, limits.threads, other),
            _Gauge(Kind.DESCRIPTORS, limits.descriptors, other),
            _Gauge(Kind.CHILDREN, limits.children, other),
        )
        self.soft_memory_bytes = int(limits.memory_bytes * SOFT_SHARE)
        """RSS above which a verdict needs PSS."""
        self._soft_cpu_cores = limits.cpu_cores * SOFT_SHARE
        self._soft_threads = limits.threads * SOFT_SHARE
        self._soft_descriptors = limits.descriptors * SOFT_SHARE
        self._soft_children = limits.children * SOFT_SHARE
        self._calm = True
        """No gauge has anything to remember, so a sample that is low needs no gauge."""

    def judge(self, sample: Sample) -> list[Breach]:
        """Return what this sample adds; nothing for a figure that it does not know."""
        breaches: list[Breach] = []
        if self._calm and self._is_low(sample):
            return breaches
        for gauge in self._gauges:
            reading = _reading(gauge, sample)
            if reading is not None and (breach := gauge.judge(*reading)) is not None:
                breaches.append(breach)
        self._calm = all(gauge.calm for gauge in self._gauges)
        return breaches

    def near_limit(self, sample: Sample) -> bool:
        """Whether any figure is over 80 % of its limit, so that the next sample should come sooner."""
        if self._is_low(sample):
            return False
        readings = ((gauge, _reading(gauge, sample)) for gauge in self._gauges)
        return any(reading is not None and reading[0] > gauge.soft for gauge, reading in readings)

    def _is_low(self, sample: Sample) -> bool:
        """Whether no figure, on whatever basis, is over 80 % of its limit; asked for each sample of all."""
        return (
            sample.rss_bytes <= self.soft_memory_bytes
            and (sample.pss_bytes or 0) <= self.soft_memory_bytes
            and (sample.cpu_cores or 0.0) <= self._soft_cpu_cores
            and sample.threads <= self._soft_threads
            and sample.descriptors <= self._soft_descriptors
            and sample.children <= self._soft_children
        )


def describe(breach: Breach) -> str:
    """Return the breach as one sentence, without its full stop."""
    limit = _amount(breach.kind, breach.limit)
    measured = f"{_NAMES[breach.kind]} {_amount(breach.kind, breach.measured)}"
    if breach.kind is Kind.MEMORY:
        measured += f" ({breach.basis})"
    if breach.act is None:
        return f"{measured} is over {SOFT_SHARE:.0%} of its limit of {limit}"
    lasting = f"for {breach.samples} samples" if breach.samples >= SAMPLES_TO_ACT else "by more than half"
    return f"{measured} is over its limit of {limit} {lasting}; the host {_deed(breach.act)}"


_NAMES = {
    Kind.MEMORY: "memory",
    Kind.CPU: "CPU use",
    Kind.THREADS: "thread count",
    Kind.DESCRIPTORS: "descriptor count",
    Kind.CHILDREN: "child process count",
}


def _amount(kind: Kind, value: float) -> str:
    if kind is Kind.MEMORY:
        return format_size(int(value))
    if kind is Kind.CPU:
        return f"{value:.2f} cores"
    return str(int(value))


def _deed(act: Act) -> str:
    match act:
        case "warn":
            return "only warns"
        case "throttle":
            return "throttles it"
        case "restart":
            return "restarts it"
        case "stop":
            return "stops it"
        case _:
            assert_never(act)


def _reading(gauge: "_Gauge", sample: Sample) -> tuple[float, str] | None:
    """Return the figure and its basis; None where the sample does not know it."""
    match gauge.kind:
        case Kind.MEMORY:
            return _memory(sample, gauge.soft)
        case Kind.CPU:
            return None if sample.cpu_cores is None else (sample.cpu_cores, "cores")
        case Kind.THREADS:
            return sample.threads, "count"
        case Kind.DESCRIPTORS:
            return sample.descriptors, "count"
        case Kind.CHILDREN:
            return sample.children, "count"
        case _:
            assert_never(gauge.kind)


def _memory(sample: Sample, soft_bytes: float) -> tuple[float, str] | None:
    if sample.pss_bytes is not None and sample.pss_age_s is not None and sample.pss_age_s < FRESH_PSS_S:
        return sample.pss_bytes, "PSS"
    # RSS is never less than PSS: it acquits always, but convicts only where PSS can't be had at all.
    if sample.pss_bytes is None or sample.rss_bytes <= soft_bytes:
        return sample.rss_bytes, "RSS"
    return None


@dataclass(slots=True)
class _Gauge:
    """One limit, and what was reported of it so far."""

    kind: Kind
    limit: float
    act: Act
    tolerance: float = 1.0
    at_once_share: float | None = None
    running: int = 0
    acted: bool = False
    reported: bool = False

    @property
    def soft(self) -> float:
        return self.limit * SOFT_SHARE

    @property
    def calm(self) -> bool:
        """Whether a low figure would leave it as it is."""
        return not (self.running or self.acted or self.reported)

    def judge(self, measured: float, basis: str) -> Breach | None:
        self.running = self.running + 1 if measured > self.limit * self.tolerance else 0
        if measured <= self.limit:
            self.acted = False
        if measured < self.limit * REARM_SHARE or not measured:
            self.reported = False
        at_once = self.at_once_share is not None and measured > self.limit * self.at_once_share
        if (self.running >= SAMPLES_TO_ACT or at_once) and not self.acted:
            self.acted = self.reported = True
            return Breach(self.kind, "over", measured, self.limit, basis, self.act, self.running)
        if measured > self.soft and not self.reported:
            self.reported = True
            return Breach(self.kind, "soft", measured, self.limit, basis, None, 0)
        return None
