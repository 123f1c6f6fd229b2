"""Sampler: what can't be read, what ends while it is read, and numbers that were passed on."""

import os
from types import SimpleNamespace

import psutil
import pytest

from host.watchdog.psutil_reader import parent_map
from tests.host.watchdog.sampled import Child, Watch, always, cpu_seconds, pids, refuse


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
