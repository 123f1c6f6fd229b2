"""Sampler: what it reads of real processes, compared with what they did."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from host.watchdog.psutil_reader import PsutilReader, parent_map
from host.watchdog.sample import Sample
from host.watchdog.sampler import DISPLAY_PSS_READS, Sampler

MIB = 1024 * 1024
NO_SOFT_LIMIT = 1 << 60

CHILD = """
import os, signal, sys, threading, time

kept = []

def burn(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end:
        pass

def fork(work="", then="signal.pause()"):
    ready, tell = os.pipe()
    pid = os.fork()
    if not pid:
        exec(work)
        os.write(tell, b"!")
        exec(then)
        os._exit(0)
    os.read(ready, 1)
    os.close(ready)
    os.close(tell)
    return pid

def end(pid):
    os.kill(pid, signal.SIGKILL)
    try:
        os.waitpid(pid, 0)
    except ChildProcessError:
        pass  # with SIGCHLD ignored, this comes once the child is gone

print("ready", flush=True)
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""


class Child:
    """A process that does what it is told, a line of Python at a time, and says when it is done."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", "-c", CHILD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self.pid = self.process.pid
        self._expect("ready")

    def do(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()
        self._expect("done")

    def _expect(self, word: str) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == f"{word}\n"

    def close(self) -> None:
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.communicate()


@pytest.fixture
def start() -> Iterator[Callable[[], Child]]:
    children: list[Child] = []

    def start() -> Child:
        children.append(Child())
        return children[-1]

    yield start
    for child in children:
        child.close()


@pytest.fixture
def child(start: Callable[[], Child]) -> Child:
    return start()


class Watch:
    """One sampler on one child."""

    def __init__(self, child: Child, soft_memory: int = NO_SOFT_LIMIT) -> None:
        self.child = child
        self.sampler = Sampler(reader=PsutilReader())
        self._soft_memory = soft_memory

    def sweep(self) -> Sample | None:
        return self.sampler.sweep({"run": self.child.pid}, {"run": self._soft_memory}).get("run")

    def sample(self) -> Sample:
        sample = self.sweep()
        assert sample is not None
        return sample


@pytest.fixture
def watch(child: Child) -> Watch:
    return Watch(child)


def cpu_seconds(earlier: Sample, later: Sample) -> float:
    assert later.cpu_cores is not None
    return later.cpu_cores * (later.at_s - earlier.at_s)


def pids(sample: Sample) -> list[int]:
    return [key.pid for key in sample.tree]


def test_a_lone_process_is_read_as_psutil_reads_it(watch: Watch) -> None:
    sample, known = watch.sample(), psutil.Process(watch.child.pid)
    assert [(key.pid, key.started) for key in sample.tree] == [(known.pid, known.create_time())]
    assert (sample.rss_bytes, sample.threads) == (known.memory_info().rss, 1)
    assert (sample.descriptors, sample.children) == (known.num_fds(), 0)


def test_memory_threads_and_descriptors_are_seen_growing(watch: Watch) -> None:
    before = watch.sample()
    watch.child.do("kept.append(b'x' * (32 << 20))")
    watch.child.do("kept.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(5))")
    watch.child.do("[threading.Thread(target=signal.pause, daemon=True).start() for _ in range(3)]")
    after = watch.sample()
    assert after.rss_bytes - before.rss_bytes >= 30 * MIB
    assert after.descriptors == before.descriptors + 5
    assert after.threads == 4


def test_the_first_cpu_figure_is_thrown_away(watch: Watch) -> None:
    watch.child.do("burn(0.3)")
    first = watch.sample()
    assert first.cpu_cores is None
    assert cpu_seconds(first, watch.sample()) < 0.2


def test_cpu_is_a_rate_since_the_sweep_before(watch: Watch) -> None:
    first = watch.sample()
    watch.child.do("burn(0.4)")
    assert 0.35 < cpu_seconds(first, watch.sample()) < 0.6


def test_the_whole_tree_counts(watch: Watch) -> None:
    alone = watch.sample()
    watch.child.do('fork(\'burn(0.3); kept.append(b"x" * (32 << 20)); fork("burn(0.2)")\')')
    tree = watch.sample()
    assert tree.children == 2
    assert pids(tree)[0] == watch.child.pid
    assert len(set(pids(tree))) == 3
    assert tree.threads == 3
    assert tree.descriptors > 2 * alone.descriptors
    assert tree.rss_bytes - alone.rss_bytes > 32 * MIB
    assert 0.45 < cpu_seconds(alone, tree) < 0.9


def test_a_child_that_died_between_sweeps_does_not_count_twice(watch: Watch) -> None:
    watch.child.do("kid = fork('burn(0.5)')")
    before = watch.sample()
    watch.child.do("end(kid)")
    after = watch.sample()
    assert (before.children, after.children) == (1, 0)
    assert 0.0 <= cpu_seconds(before, after) < 0.3


def test_a_child_whose_time_nobody_inherits_does_not_make_the_rate_negative(watch: Watch) -> None:
    watch.child.do("signal.signal(signal.SIGCHLD, signal.SIG_IGN)")
    watch.child.do("kid = fork('burn(0.5)')")
    before = watch.sample()
    watch.child.do("end(kid)")
    after = watch.sample()
    assert after.children == 0
    assert 0.0 <= cpu_seconds(before, after) < 0.3


def test_a_child_that_lived_between_two_sweeps_counts(watch: Watch) -> None:
    before = watch.sample()
    watch.child.do("os.waitpid(fork('burn(0.4)', then=''), 0)")
    after = watch.sample()
    assert after.children == 0
    assert 0.35 < cpu_seconds(before, after) < 0.7


def test_an_unreaped_child_counts_as_a_child_without_memory(watch: Watch) -> None:
    before = watch.sample()
    watch.child.do("kid = fork(then=''); os.waitid(os.P_PID, kid, os.WEXITED | os.WNOWAIT)")
    after = watch.sample()
    assert after.children == 1
    assert after.rss_bytes < before.rss_bytes + 4 * MIB


def test_an_orphan_stays_in_its_tree(watch: Watch) -> None:
    watch.child.do("kid = fork('fork()')")
    before = watch.sample()
    kid, orphan = pids(before)[1:]
    watch.child.do(f"end({kid})")
    assert parent_map()[orphan] != watch.child.pid
    assert pids(watch.sample()) == [watch.child.pid, orphan]


def test_an_orphans_children_are_in_the_tree_too(watch: Watch) -> None:
    work = "signal.signal(signal.SIGUSR1, lambda *_: (fork(), os.write(told, b'!')))"
    orphan_fork = f"fork({work!r}, then='signal.pause(); signal.pause()')"
    watch.child.do("told_by, told = os.pipe()")
    watch.child.do(f"kid = fork({orphan_fork!r})")
    orphan = pids(watch.sample())[2]
    watch.child.do("end(kid)")
    os.kill(orphan, signal.SIGUSR1)
    watch.child.do("os.read(told_by, 1)")
    sample = watch.sample()
    assert pids(sample)[:2] == [watch.child.pid, orphan]
    assert sample.children == 2


def test_an_orphan_that_ended_takes_nothing_off_the_time_of_others(watch: Watch) -> None:
    watch.child.do("kid = fork('fork(\"burn(0.5)\")')")
    kid, orphan = pids(watch.sample())[1:]
    watch.child.do(f"end({kid})")
    before = watch.sample()
    gone = psutil.Process(orphan)
    os.kill(orphan, signal.SIGKILL)
    psutil.wait_procs([gone], timeout=5)
    watch.child.do("os.waitpid(fork('burn(0.4)', then=''), 0)")
    assert 0.35 < cpu_seconds(before, watch.sample()) < 0.7


def test_a_root_that_vanished_is_left_out(watch: Watch) -> None:
    watch.sample()
    watch.child.close()
    assert watch.sweep() is None


def test_a_root_that_was_never_there_is_left_out(child: Child) -> None:
    child.close()
    assert Watch(child).sweep() is None


def test_a_root_that_ended_and_was_not_reaped_is_left_out(watch: Watch) -> None:
    watch.sample()
    watch.child.process.kill()
    os.waitid(os.P_PID, watch.child.pid, os.WEXITED | os.WNOWAIT)
    assert watch.sweep() is None


def test_a_session_with_another_process_begins_anew(start: Callable[[], Child]) -> None:
    watch = Watch(start())
    watch.sample()
    assert watch.sample().cpu_cores is not None
    watch.child = start()
    sample = watch.sample()
    assert sample.cpu_cores is None
    assert pids(sample) == [watch.child.pid]


def test_a_forgotten_session_begins_anew(watch: Watch) -> None:
    watch.sample()
    watch.sampler.forget("run")
    assert watch.sample().cpu_cores is None
    watch.sampler.forget("never seen")


def test_pss_is_read_where_rss_is_over_the_soft_limit(start: Callable[[], Child]) -> None:
    children = {f"run {number}": start().pid for number in range(DISPLAY_PSS_READS + 2)}
    sampler = Sampler()
    for _ in range(3):
        samples = sampler.sweep(children, dict.fromkeys(children, 1))
        assert len(samples) == len(children)
        for sample in samples.values():
            assert sample.pss_bytes is not None
            assert 0 < sample.pss_bytes <= sample.rss_bytes
            assert sample.pss_age_s is not None


def test_four_trees_a_sweep_have_their_pss_read_in_turn(start: Callable[[], Child]) -> None:
    children = {f"run {number}": start().pid for number in range(DISPLAY_PSS_READS + 2)}
    sampler = Sampler()

    def sweep() -> dict[str, float]:
        """Return when each PSS was read."""
        samples = sampler.sweep(children, dict.fromkeys(children, NO_SOFT_LIMIT))
        assert all((sample.pss_bytes is None) == (sample.pss_age_s is None) for sample in samples.values())
        ages = {run: sample.pss_age_s for run, sample in samples.items()}
        return {run: -age_s for run, age_s in ages.items() if age_s is not None}

    first, second = sweep(), sweep()
    assert len(first) == DISPLAY_PSS_READS
    assert set(second) == set(children)
    assert set(children) - set(first) <= set(sorted(second, key=second.__getitem__)[-DISPLAY_PSS_READS:])


def refuse(*_: object) -> Any:
    raise psutil.AccessDenied


def always(answer: object) -> Callable[[object], object]:
    """Return a method that gives this answer."""

    def method(_: object) -> object:
        return answer

    return method


def test_an_unreadable_pss_is_none(child: Child, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("memory_full_info", "memory_footprint"):
        monkeypatch.setattr(psutil.Process, name, refuse, raising=False)
    sample = Watch(child, soft_memory=1).sample()
    assert sample.rss_bytes > 0
    assert (sample.pss_bytes, sample.pss_age_s) == (None, None)


def test_a_platform_without_pss_and_disk_counters_is_read_without(
    child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("memory_full_info", "memory_footprint"):
        monkeypatch.setattr(psutil.Process, name, always(SimpleNamespace(uss=1)), raising=False)
    monkeypatch.delattr(psutil.Process, "io_counters", raising=False)
    sample = Watch(child, soft_memory=1).sample()
    assert (sample.pss_bytes, sample.written_bytes) == (None, 0)


def test_a_process_that_may_not_be_read_is_still_counted(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.child.do("fork()")
    for name in ("memory_info", "cpu_times", "num_threads", "num_fds", "io_counters", "status"):
        monkeypatch.setattr(psutil.Process, name, refuse, raising=False)
    watch.sample()
    sample = watch.sample()
    assert (sample.children, sample.rss_bytes, sample.threads, sample.descriptors) == (1, 0, 0, 0)
    assert sample.cpu_cores == 0.0


def test_a_member_that_ends_during_the_sweep_is_skipped(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.child.do("kid = fork()")
    threads = psutil.Process.num_threads

    def ended(process: psutil.Process) -> int:
        if process.pid != watch.child.pid:
            raise psutil.NoSuchProcess(process.pid)
        return threads(process)

    monkeypatch.setattr(psutil.Process, "num_threads", ended)
    assert watch.sample().threads == 1


def test_a_root_that_ends_during_the_sweep_is_left_out(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def ended(process: psutil.Process) -> int:
        raise psutil.NoSuchProcess(process.pid)

    monkeypatch.setattr(psutil.Process, "num_threads", ended)
    assert watch.sweep() is None


@pytest.mark.skipif(not hasattr(psutil.Process, "io_counters"), reason="the platform counts no bytes written")
def test_written_bytes_are_those_of_the_whole_tree(watch: Watch, tmp_path: Path) -> None:
    work = f"f = open({str(tmp_path / 'written')!r}, 'wb'); f.write(bytes(1 << 20)); os.fsync(f)"
    watch.child.do(f"fork({work!r})")
    sample = watch.sample()
    assert sample.written_bytes == sum(psutil.Process(pid).io_counters().write_bytes for pid in pids(sample))


def test_written_bytes_never_fall(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[int] = []
    for write_bytes in (5, 3, 6):
        counters = SimpleNamespace(write_bytes=write_bytes)
        monkeypatch.setattr(psutil.Process, "io_counters", always(counters), raising=False)
        written.append(watch.sample().written_bytes)
    assert written == [5, 5, 6]


def forge_parent(monkeypatch: pytest.MonkeyPatch, pid: int, parent: int) -> None:
    """Have the parent map say what it would, had the number been passed on."""
    forged = parent_map() | {pid: parent}
    monkeypatch.setattr(psutil, "_ppid_map", lambda: forged)


def test_a_member_whose_number_was_passed_on_leaves_the_tree(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch.child.do("kid = fork()")
    kid = pids(watch.sample())[1]
    forge_parent(monkeypatch, kid, os.getpid())
    assert pids(watch.sample()) == [watch.child.pid, kid]
    forge_parent(monkeypatch, kid, 1)
    monkeypatch.setattr(psutil.Process, "is_running", always(False))
    assert pids(watch.sample()) == [watch.child.pid]


def test_a_root_whose_number_was_passed_on_is_left_out(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.sample()
    forge_parent(monkeypatch, watch.child.pid, 1)
    monkeypatch.setattr(psutil.Process, "is_running", always(False))
    assert watch.sweep() is None
    assert watch.sweep() is None


def test_a_number_that_was_passed_on_before_it_was_opened_is_not_taken_up(
    watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    forge_parent(monkeypatch, os.getpid(), watch.child.pid)
    assert pids(watch.sample()) == [watch.child.pid]


def test_counters_that_go_back_give_the_process_away(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    watch.child.do("burn(0.3)")
    before = watch.sample()
    young = SimpleNamespace(user=0.01, system=0.0, children_user=0.0, children_system=0.0)
    monkeypatch.setattr(psutil.Process, "cpu_times", always(young))
    monkeypatch.setattr(psutil.Process, "is_running", always(False))
    assert cpu_seconds(before, watch.sample()) == pytest.approx(0.01)
    assert watch.sweep() is None


@pytest.mark.parametrize("way", ["missing", "refused"])
def test_the_parent_map_is_made_without_psutils_private_one(
    way: str, child: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    if way == "missing":
        monkeypatch.delattr(psutil, "_ppid_map")
    else:
        monkeypatch.setattr(psutil, "_ppid_map", refuse)
    parents = parent_map()
    assert parents[child.pid] == os.getpid()
    assert parents[os.getpid()] == os.getppid()


def test_the_fallback_of_the_parent_map_skips_what_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil, "_ppid_map")
    monkeypatch.setattr(psutil.Process, "ppid", refuse)
    assert parent_map() == {}
