"""Proc probe: which readers a machine's own files lead to."""

import os
from pathlib import Path

import psutil
import pytest

from host.watchdog import sampler
from host.watchdog.proc_probe import UNBOUNDED_KEPT, probe
from host.watchdog.sampler import Sampler
from tests.host.watchdog.fake_proc import FakeProc

OWN = os.getpid()


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    """Process files that speak of this process as psutil does."""
    proc = FakeProc(tmp_path)
    (tmp_path / "self").rmdir()
    (tmp_path / "self").symlink_to(str(OWN))
    proc.put(OWN, os.getppid(), started=started_ticks(), descriptors=3)
    return proc


def started_ticks() -> int:
    return round((psutil.Process().create_time() - psutil.boot_time()) * os.sysconf("SC_CLK_TCK"))


def test_files_that_agree_with_psutil_are_read(proc: FakeProc) -> None:
    assert probe(str(proc.folder)) is not None


def test_a_machine_without_process_files_has_no_such_reader(tmp_path: Path) -> None:
    assert probe(str(tmp_path)) is None


@pytest.mark.parametrize("name", ["stat", "statm", "smaps_rollup", "fd"])
def test_a_missing_file_is_found_out(proc: FakeProc, name: str) -> None:
    path = proc.folder / str(OWN) / name
    path.rename(path.with_name("another"))
    assert probe(str(proc.folder)) is None


@pytest.mark.parametrize("name", ["stat", "statm", "smaps_rollup", "io"])
def test_a_file_of_another_form_is_found_out(proc: FakeProc, name: str) -> None:
    (proc.folder / str(OWN) / name).write_text("none of it\n")
    assert probe(str(proc.folder)) is None


def test_the_files_of_another_pid_namespace_are_found_out(proc: FakeProc) -> None:
    (proc.folder / "self").unlink()
    (proc.folder / "self").symlink_to("1")
    assert probe(str(proc.folder)) is None


def test_a_start_time_that_psutil_does_not_know_is_found_out(proc: FakeProc) -> None:
    proc.put(OWN, os.getppid(), started=1, descriptors=3)
    assert probe(str(proc.folder)) is None


def test_another_parent_is_found_out(proc: FakeProc) -> None:
    proc.put(OWN, os.getppid() + 1, started=started_ticks(), descriptors=3)
    assert probe(str(proc.folder)) is None


@pytest.mark.parametrize(("may_open", "most_kept"), [(1024, 256), (-1, UNBOUNDED_KEPT)])
def test_a_quarter_of_the_hosts_descriptors_may_be_kept(
    proc: FakeProc, monkeypatch: pytest.MonkeyPatch, may_open: int, most_kept: int
) -> None:
    system = os.sysconf

    def sysconf(name: str) -> int:
        return may_open if name == "SC_OPEN_MAX" else system(name)

    monkeypatch.setattr(os, "sysconf", sysconf)
    reader = probe(str(proc.folder))
    assert reader is not None
    assert reader.most_kept == most_kept


def test_a_platform_whose_processes_have_no_files_has_no_such_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(psutil, "PROCFS_PATH", raising=False)
    assert probe() is None


def test_where_the_files_are_no_use_psutil_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampler, "probe", lambda: None)
    sample = Sampler().sweep({"run": OWN}, {"run": 1 << 60})["run"]
    assert sample.tree[0].started == psutil.Process().create_time()
