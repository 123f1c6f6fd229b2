"""Census: who is read again, and who is not, for each way in which somebody can come to be below a source."""

from pathlib import Path

import pytest

from host.watchdog.census import RECHECK_EVERY, Census
from tests.host.watchdog.fake_proc import FakeProc

ROOT, KID, STRANGER, BELOW_STRANGER, SHELL = 20, 21, 30, 31, 10
SOURCES = {ROOT}


@pytest.fixture
def proc(tmp_path: Path) -> FakeProc:
    """A root with a child, and a stranger with one; all of them were started by a shell."""
    proc = FakeProc(tmp_path)
    for pid, parent in [(1, 0), (SHELL, 1), (ROOT, SHELL), (KID, ROOT), (STRANGER, SHELL), (31, STRANGER)]:
        proc.put(pid, parent)
    return proc


@pytest.fixture
def opened() -> dict[int, int]:
    return {}


@pytest.fixture
def census(proc: FakeProc, opened: dict[int, int]) -> Census:
    """A census that has settled everybody whom it can."""
    census = Census(str(proc.folder), opened)
    assert census.take(SOURCES)[ROOT] == [KID]
    return census


def below_root(census: Census) -> list[int]:
    return sorted(census.take(SOURCES).get(ROOT, []))


def test_who_is_below_a_source_is_found_every_time(census: Census) -> None:
    assert [below_root(census) for _ in range(3)] == [[KID]] * 3


def test_a_newcomer_is_found(census: Census, proc: FakeProc) -> None:
    proc.put(40, ROOT)
    assert below_root(census) == [KID, 40]


def test_a_foreign_process_is_not_read_again_until_everybody_is(census: Census, proc: FakeProc) -> None:
    proc.put(STRANGER, ROOT)
    assert all(below_root(census) == [KID] for _ in range(RECHECK_EVERY - 2))
    assert below_root(census) == [KID, STRANGER]


def test_a_foreign_number_that_passed_on_is_read(census: Census, proc: FakeProc) -> None:
    proc.pass_on(STRANGER, ROOT)
    found = census.take(SOURCES)
    assert (sorted(found[ROOT]), found[STRANGER]) == ([KID, STRANGER], [BELOW_STRANGER])


def test_all_below_a_foreign_process_that_ended_are_read(census: Census, proc: FakeProc) -> None:
    proc.put(32, BELOW_STRANGER)
    below_root(census)
    proc.take_away(STRANGER)
    proc.put(BELOW_STRANGER, ROOT)
    assert census.take(SOURCES)[BELOW_STRANGER] == [32]


def test_a_foreign_process_that_becomes_a_source_brings_all_below_it(census: Census, proc: FakeProc) -> None:
    found = census.take({ROOT, STRANGER})
    assert (found[ROOT], found[STRANGER]) == ([KID], [BELOW_STRANGER])
    assert census.take({ROOT, STRANGER})[STRANGER] == [BELOW_STRANGER]


def test_who_is_below_a_source_is_read_for_its_parent_every_time(census: Census, proc: FakeProc) -> None:
    proc.put(22, KID)
    assert census.take(SOURCES)[KID] == [22]
    proc.put(22, ROOT)
    assert below_root(census) == [KID, 22]


def test_who_could_not_be_read_is_tried_again(census: Census, proc: FakeProc) -> None:
    (proc.folder / "40").mkdir()
    assert below_root(census) == [KID]
    proc.put(40, ROOT)
    assert below_root(census) == [KID, 40]


def test_whose_parent_is_not_known_is_read_again(census: Census, proc: FakeProc) -> None:
    proc.put(40, 999)
    assert below_root(census) == [KID]
    proc.put(40, ROOT)
    assert below_root(census) == [KID, 40]


def test_parents_in_a_ring_are_read_again(census: Census, proc: FakeProc) -> None:
    proc.put(40, 41)
    proc.put(41, 40)
    assert below_root(census) == [KID]
    proc.put(40, ROOT)
    found = census.take(SOURCES)
    assert (sorted(found[ROOT]), found[40]) == ([KID, 40], [41])


def test_the_first_process_may_be_a_source(proc: FakeProc) -> None:
    census = Census(str(proc.folder), {})
    for _ in range(2):
        assert census.take({1})[1] == [SHELL]


def test_an_open_process_is_not_read(census: Census, proc: FakeProc, opened: dict[int, int]) -> None:
    opened[KID] = 7
    assert below_root(census) == []
    proc.put(22, KID)
    assert census.take(SOURCES)[KID] == [22]


def test_a_closed_process_is_read_again(census: Census, opened: dict[int, int]) -> None:
    opened[KID] = 7
    below_root(census)
    del opened[KID]
    census.closed(KID)
    assert below_root(census) == [KID]


def test_who_has_the_number_of_an_open_process_is_read(
    census: Census, proc: FakeProc, opened: dict[int, int]
) -> None:
    opened[KID] = 7
    below_root(census)
    proc.pass_on(KID, ROOT, started=9)
    assert below_root(census) == [KID]
    proc.pass_on(KID, SHELL, started=10)
    assert below_root(census) == []
    proc.put(KID, ROOT, started=10)
    assert below_root(census) == [KID]  # nothing is settled while a number stands for two


def test_an_open_process_that_is_only_listed_anew_stays_open(
    census: Census, proc: FakeProc, opened: dict[int, int]
) -> None:
    opened[KID] = 7
    below_root(census)
    proc.pass_on(KID, ROOT, started=7)
    assert [below_root(census) for _ in range(2)] == [[], []]
