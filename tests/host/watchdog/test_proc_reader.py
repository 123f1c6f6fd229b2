"""Proc reader: kept descriptors and their bound, what is read how often, and what may fail."""

import errno
import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from host.watchdog import proc_reader
from host.watchdog.proc_probe import probe
from host.watchdog.proc_reader import KEPT_PER_PLUGIN, QUIET_SWEEPS, Abilities, ProcProcess, ProcReader
from host.watchdog.sampler import Sampler
from tests.host.watchdog.fake_proc import FakeProc
from tests.host.watchdog.obedient import Obedient

NO_SOFT_LIMIT = 1 << 60
PID = 20
PAGE = 4096


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    proc = FakeProc(tmp_path)
    proc.put(PID, 1)
    return proc


def fake_reader(proc: FakeProc, most_kept: int = 0) -> ProcReader:
    return ProcReader(Abilities(str(proc.folder), 100, PAGE, counts_descriptors=False), most_kept)


def opened(reader: ProcReader, pid: int = PID) -> ProcProcess:
    process = reader.open(pid)
    assert process is not None
    assert process.refresh()
    return process


def real_abilities() -> Abilities:
    reader = probe()
    if reader is None:
        pytest.skip("no process files are here")
    return reader.abilities


@pytest.fixture
def children() -> Iterator[list[Obedient]]:
    children = [Obedient() for _ in range(3)]
    yield children
    for child in children:
        child.close()


def own_descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_plugin_costs_as_many_descriptors_as_is_said_and_gives_them_back(children: list[Obedient]) -> None:
    sampler = Sampler(reader=ProcReader(real_abilities(), 100))
    before = own_descriptors()
    roots = {str(child.pid): child.pid for child in children}
    for _ in range(2):
        sampler.sweep(roots, dict.fromkeys(roots, NO_SOFT_LIMIT))
        assert own_descriptors() == before + len(roots) * KEPT_PER_PLUGIN
    for session in roots:
        sampler.forget(session)
    assert own_descriptors() == before


def test_a_child_that_ended_gives_its_descriptor_back(children: list[Obedient]) -> None:
    sampler, child = Sampler(reader=ProcReader(real_abilities(), 100)), children[0]
    sampler.sweep({"run": child.pid}, {"run": NO_SOFT_LIMIT})
    before = own_descriptors()
    child.do("kid = fork()")
    sampler.sweep({"run": child.pid}, {"run": NO_SOFT_LIMIT})
    assert own_descriptors() == before + 1
    child.do("end(kid)")
    sampler.sweep({"run": child.pid}, {"run": NO_SOFT_LIMIT})
    assert own_descriptors() == before
    sampler.forget("run")


def test_no_more_descriptors_are_kept_than_may_be(children: list[Obedient]) -> None:
    reader = ProcReader(real_abilities(), 2)
    before = own_descriptors()
    processes = [opened(reader, child.pid) for child in children]
    assert own_descriptors() == before + 2
    assert all(process.refresh() and process.rss_bytes for process in processes)
    for child in children:
        child.close()
    assert not any(process.refresh() for process in processes)
    before = own_descriptors()
    for process in processes:
        process.close()
    assert own_descriptors() == before - 2
    again = opened(reader, os.getpid())
    assert again.kept is not None
    again.close()


def test_a_kept_process_is_read_by_a_host_that_is_out_of_descriptors(children: list[Obedient]) -> None:
    process = opened(ProcReader(real_abilities(), 1), children[0].pid)
    children[0].do("kept.extend(os.open(os.devnull, os.O_RDONLY) for _ in range(5)); burn(0.1)")
    before = (process.descriptors, process.own_cpu_s, process.rss_bytes)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
    try:
        there = process.refresh()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert there
    assert process.own_cpu_s > before[1]
    assert process.rss_bytes == before[2]
    if process.reader.abilities.counts_descriptors:
        assert process.descriptors == before[0] + 5
    process.close()


def test_a_process_is_told_from_a_later_one_by_its_start(proc: FakeProc) -> None:
    process = opened(fake_reader(proc))
    proc.put(PID, 1, started=9)
    assert not process.refresh()


def test_a_process_is_opened_only_below_the_parent_that_was_seen(proc: FakeProc) -> None:
    reader = fake_reader(proc, most_kept=9)
    before = own_descriptors()
    assert reader.open(PID, 2) is None
    assert reader.open(999, 1) is None
    assert own_descriptors() == before


def test_what_is_no_stat_line_leaves_no_descriptor_open(proc: FakeProc) -> None:
    (proc.folder / str(PID) / "stat").write_text("20 (a) S 1\n")
    before = own_descriptors()
    with pytest.raises(ValueError, match="no stat line"):
        fake_reader(proc, most_kept=9).open(PID)
    assert own_descriptors() == before


def test_descriptors_are_counted_every_time_and_the_rest_at_the_latest_after_some_sweeps(
    proc: FakeProc,
) -> None:
    process = opened(fake_reader(proc))
    proc.put(PID, 1, pages=5, written=70, descriptors=4)
    assert process.refresh()
    assert process.descriptors == 4
    assert all(process.refresh() for _ in range(QUIET_SWEEPS - 1))
    assert (process.rss_bytes, process.written_bytes) == (5 * PAGE, 70)


def test_everything_is_read_once_the_stat_line_changes(proc: FakeProc) -> None:
    process = opened(fake_reader(proc))
    proc.put(PID, 1, ticks=1, pages=5, written=70)
    assert process.refresh()
    assert (process.own_cpu_s, process.rss_bytes, process.written_bytes) == (0.01, 5 * PAGE, 70)


def test_a_file_that_is_missing_ends_no_process(proc: FakeProc) -> None:
    proc.put(PID, 1, descriptors=2)
    (proc.folder / str(PID) / "io").unlink()
    process = opened(fake_reader(proc))
    assert (process.rss_bytes, process.descriptors, process.written_bytes) == (3 * PAGE, 2, 0)


def test_what_may_not_be_read_stays_as_it_was(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    process = opened(fake_reader(proc, most_kept=1))
    proc.put(PID, 1, ticks=1, pages=5)

    def refuse(*_: object) -> bytes:
        raise PermissionError

    monkeypatch.setattr(proc_reader, "read_file", refuse)
    monkeypatch.setattr(os, "listdir", refuse)
    assert process.refresh()
    assert (process.own_cpu_s, process.rss_bytes, process.descriptors) == (0.01, 3 * PAGE, 0)
    assert process.pss_bytes() is None
    process.close()


def test_a_process_that_is_out_of_sight_is_gone(proc: FakeProc, monkeypatch: pytest.MonkeyPatch) -> None:
    process = opened(fake_reader(proc))

    def refuse(*_: object) -> bytes:
        raise PermissionError

    monkeypatch.setattr(proc_reader, "read_file", refuse)
    assert not process.refresh()


def test_the_pss_of_a_process_that_is_gone_is_none_of_its_successors(proc: FakeProc) -> None:
    process = opened(fake_reader(proc))
    assert process.pss_bytes() == 4096
    proc.take_away(PID)
    with pytest.raises(ProcessLookupError):
        process.pss_bytes()
    proc.put(PID, 1, started=9)
    (proc.folder / str(PID) / "smaps_rollup").unlink()
    with pytest.raises(ProcessLookupError):
        process.pss_bytes()


def test_a_process_whose_pss_can_not_be_had_is_not_taken_for_gone(proc: FakeProc) -> None:
    process = opened(fake_reader(proc))
    (proc.folder / str(PID) / "smaps_rollup").unlink()
    assert process.pss_bytes() is None


def test_who_died_before_its_pss_was_read_has_none(children: list[Obedient]) -> None:
    reader = ProcReader(real_abilities(), 9)
    dead, gone = (opened(reader, child.pid) for child in children[:2])
    children[0].process.kill()
    os.waitid(os.P_PID, children[0].pid, os.WEXITED | os.WNOWAIT)
    assert dead.pss_bytes() == 0
    children[1].close()
    with pytest.raises(ProcessLookupError):
        gone.pss_bytes()
    dead.close()
    gone.close()


def test_what_failed_for_want_of_descriptors_is_read_by_the_next_sweep(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = opened(fake_reader(proc, most_kept=1))
    proc.put(PID, 1, ticks=1, pages=5)

    def fail(*_: object) -> bytes:
        raise OSError(errno.EMFILE, "too many open files")

    with monkeypatch.context() as patch:
        patch.setattr(proc_reader, "read_file", fail)
        assert process.refresh()
    assert process.rss_bytes == 3 * PAGE
    assert process.refresh()
    assert process.rss_bytes == 5 * PAGE
    process.close()
