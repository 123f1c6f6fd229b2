"""Readers: what they read of real processes, each as psutil reads it."""

import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from host.clock import FakeClock
from host.watchdog.proc_probe import probe
from host.watchdog.proc_reader import ProcReader
from host.watchdog.psutil_reader import PsutilReader
from host.watchdog.reader import Reader
from host.watchdog.sample import Sample
from host.watchdog.sampler import DISPLAY_PSS_AGE_S, Sampler
from tests.host.watchdog.obedient import Obedient

MIB = 1024 * 1024
NO_SOFT_LIMIT = 1 << 60
KINDS = ["psutil", "proc", "proc without help"]


def make_reader(kind: str) -> Reader:
    """Return a reader; `without help`: with no descriptor to keep, and a kernel that does not count them."""
    if kind == "psutil":
        return PsutilReader()
    reader = probe()
    if reader is None:
        pytest.skip("no process files are here")
    return reader if kind == "proc" else ProcReader(replace(reader.abilities, counts_descriptors=False), 0)


class Watch:
    """One sampler on one process."""

    def __init__(self, reader: Reader, child: Obedient, soft_memory: int = NO_SOFT_LIMIT) -> None:
        self.child = child
        self.sampler = Sampler(reader=reader)
        self._soft_memory = soft_memory

    def sweep(self) -> Sample | None:
        return self.sampler.sweep({"run": self.child.pid}, {"run": self._soft_memory}).get("run")

    def sample(self) -> Sample:
        sample = self.sweep()
        assert sample is not None
        return sample


@pytest.fixture
def child() -> Iterator[Obedient]:
    child = Obedient()
    yield child
    child.close()


@pytest.fixture(params=KINDS)
def reader(request: pytest.FixtureRequest) -> Reader:
    return make_reader(request.param)


@pytest.fixture
def watch(reader: Reader, child: Obedient) -> Iterator[Watch]:
    watch = Watch(reader, child)
    yield watch
    watch.sampler.forget("run")


@pytest.fixture
def reference(child: Obedient) -> Callable[[], Sample]:
    """Psutil's sample of the same process."""
    return Watch(PsutilReader(), child).sample


def cpu_seconds(earlier: Sample, later: Sample) -> float:
    assert later.cpu_cores is not None
    return later.cpu_cores * (later.at_s - earlier.at_s)


def pids(sample: Sample) -> list[int]:
    return [key.pid for key in sample.tree]


def timeless(sample: Sample) -> Sample:
    """Leave out what differs from one moment to the next."""
    return replace(sample, at_s=0.0, cpu_cores=None, pss_bytes=None, pss_age_s=None)


def test_a_whole_tree_is_read_as_psutil_reads_it(
    watch: Watch, reference: Callable[[], Sample], tmp_path: Path
) -> None:
    write = f"f = open({str(tmp_path / 'written')!r}, 'wb'); f.write(bytes(1 << 20)); os.fsync(f)"
    threads = "[threading.Thread(target=signal.pause, daemon=True).start() for _ in range(3)]"
    watch.child.do("kept.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(5))")
    work = f"kept.append(b'x' * (8 << 20)); {threads}; fork({write!r})"
    watch.child.do(f"fork({work!r})")
    sample = watch.sample()
    assert timeless(sample) == timeless(reference())
    assert (sample.children, sample.threads) == (2, 6)
    assert sample.rss_bytes > 8 * MIB
    assert sample.descriptors > 5 + 3 * 3


def test_growth_is_seen_as_psutil_sees_it(watch: Watch, reference: Callable[[], Sample]) -> None:
    before = watch.sample()
    watch.child.do("kept.append(b'x' * (32 << 20))")
    watch.child.do("kept.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(500))")
    watch.child.do("[threading.Thread(target=signal.pause, daemon=True).start() for _ in range(3)]")
    after = watch.sample()
    assert timeless(after) == timeless(reference())
    assert after.rss_bytes - before.rss_bytes >= 30 * MIB
    assert (after.descriptors - before.descriptors, after.threads - before.threads) == (500, 3)
    watch.child.do("kept.clear()")
    assert watch.sample().rss_bytes < after.rss_bytes - 30 * MIB


def test_pss_is_read_as_psutil_reads_it(reader: Reader, child: Obedient) -> None:
    child.do("fork()")
    read, known = (
        Watch(reader, child, 1).sample().pss_bytes,
        Watch(PsutilReader(), child, 1).sample().pss_bytes,
    )
    assert read is not None
    assert known is not None
    assert abs(read - known) < 0.1 * known


def test_cpu_is_a_rate_since_the_sweep_before(watch: Watch) -> None:
    first = watch.sample()
    assert first.cpu_cores is None
    watch.child.do("burn(0.4); kid = fork('burn(0.3)')")
    second = watch.sample()
    assert 0.65 < cpu_seconds(first, second) < 0.95
    watch.child.do("end(kid)")  # its time turns up once more, in its parent
    third = watch.sample()
    assert cpu_seconds(second, third) < 0.2
    watch.child.do("os.waitpid(fork('burn(0.3)', then=''), 0)")
    assert 0.25 < cpu_seconds(third, watch.sample()) < 0.5


def test_a_child_whose_time_nobody_inherits_does_not_make_the_rate_negative(watch: Watch) -> None:
    watch.child.do("signal.signal(signal.SIGCHLD, signal.SIG_IGN); kid = fork('burn(0.4)')")
    before = watch.sample()
    watch.child.do("end(kid)")
    after = watch.sample()
    assert after.children == 0
    assert 0.0 <= cpu_seconds(before, after) < 0.3


def test_a_child_that_is_dead_and_not_waited_for_counts_without_memory(
    watch: Watch, reference: Callable[[], Sample]
) -> None:
    watch.child.do("kid = fork('kept.append(bytes(32 << 20))')")
    before = watch.sample()
    watch.child.do("leave_dead(kid)")
    after = watch.sample()
    assert timeless(after) == timeless(reference())
    assert after.children == 1
    assert after.rss_bytes < before.rss_bytes


def test_a_process_without_its_main_thread_keeps_its_memory_and_descriptors(
    watch: Watch, reference: Callable[[], Sample]
) -> None:
    alone = watch.sample()
    kid = watch.child.ask(f"fork_headless({64 * MIB}, 50)")
    for _ in range(2):
        sample = watch.sample()
        assert timeless(sample) == timeless(reference())
        assert pids(sample) == [watch.child.pid, kid]
        assert sample.rss_bytes - alone.rss_bytes > 60 * MIB
        assert sample.descriptors - alone.descriptors > 50
    watch.child.do(f"end({kid})")
    assert pids(watch.sample()) == [watch.child.pid]


def test_the_pss_of_a_process_without_its_main_thread_is_read(reader: Reader, child: Obedient) -> None:
    child.do(f"fork_headless({64 * MIB}, 0)")
    sample = Watch(reader, child, soft_memory=1).sample()
    assert sample.pss_bytes is not None
    assert sample.pss_bytes > 60 * MIB


def test_who_vanished_is_dropped_and_who_came_is_taken_up(watch: Watch) -> None:
    watch.child.do("kid = fork('fork()')")
    grandchild = pids(watch.sample())[2]
    watch.child.do("end(kid)")
    later = watch.child.ask("fork()")
    assert pids(watch.sample()) == [watch.child.pid, grandchild, later]  # an orphan stays in its tree
    os.kill(grandchild, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(grandchild)], timeout=5)
    assert pids(watch.sample()) == [watch.child.pid, later]


@pytest.mark.parametrize("waited_for", [True, False])
def test_a_root_that_ended_is_left_out(watch: Watch, waited_for: bool) -> None:
    watch.sample()
    watch.child.process.kill()
    os.waitid(os.P_PID, watch.child.pid, os.WEXITED | os.WNOWAIT)
    if waited_for:
        watch.child.close()
    assert watch.sweep() is None
    assert watch.sweep() is None


def test_children_from_before_the_watch_began_are_in_the_tree(watch: Watch) -> None:
    other, kid = Obedient(), watch.child.ask("fork()")
    try:
        for _ in range(2):
            watch.sampler.sweep({"other": other.pid}, {"other": NO_SOFT_LIMIT})
        assert pids(watch.sample()) == [watch.child.pid, kid]
    finally:
        watch.sampler.forget("other")
        other.close()


def test_a_tree_that_was_forgotten_is_found_anew(watch: Watch) -> None:
    kid = watch.child.ask("fork()")
    watch.sample()
    watch.sampler.forget("run")
    watch.sampler.sweep({}, {})
    sample = watch.sample()
    assert (pids(sample), sample.cpu_cores) == ([watch.child.pid, kid], None)


def test_one_process_may_be_in_two_trees(watch: Watch) -> None:
    roots = {"run": watch.child.pid, "again": watch.child.pid}
    kid = watch.child.ask("fork()")
    for _ in range(2):
        samples = watch.sampler.sweep(roots, dict.fromkeys(roots, NO_SOFT_LIMIT))
        assert [pids(sample) for sample in samples.values()] == [[watch.child.pid, kid]] * 2
    watch.sampler.forget("again")
    later = watch.child.ask("fork()")
    assert pids(watch.sample()) == [watch.child.pid, kid, later]


def test_a_pss_that_is_young_is_shown_as_it_is(reader: Reader, child: Obedient) -> None:
    clock = FakeClock()
    sampler = Sampler(clock, reader=reader)
    ages: list[float | None] = []
    for _ in range(4):
        ages.append(sampler.sweep({"run": child.pid}, {"run": NO_SOFT_LIMIT})["run"].pss_age_s)
        clock.advance(DISPLAY_PSS_AGE_S / 2)
    sampler.forget("run")
    assert ages == [0.0, DISPLAY_PSS_AGE_S / 2, 0.0, DISPLAY_PSS_AGE_S / 2]
