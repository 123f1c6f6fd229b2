"""Sampler: which processes belong to a tree, and whose time counts."""

import os
import signal
from collections.abc import Callable

import psutil

from host.watchdog.psutil_reader import parent_map
from tests.host.watchdog.sampled import Child, Watch, cpu_seconds, pids

MIB = 1024 * 1024


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
