import math

import pytest

from host.clock import FakeClock
from host.errors import ContributionNotFound
from host.facade.rows import ProblemRow
from host.operations.problem_book import HURRIES, HURRY_S, LINGERS_S, LOOK_S, MAX_MUTE_S, Finding, ProblemBook


class Told:
    """A book, and what it told."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.told: list[tuple[str, bool]] = []
        self.book = ProblemBook(self.clock, self._take)

    def _take(self, row: ProblemRow, over: bool) -> None:
        self.told.append((row.id, over))

    def ids(self) -> list[str]:
        return [row.id for row in self.book.open()]


def finding(
    kind: str = "slow", severity: str = "warning", *, evidence: str = "1", lingers: bool = True
) -> Finding:
    return Finding(kind, "p", severity, "title", (evidence,), "remedy", lingers=lingers)


def test_a_problem_is_told_once_and_its_end_once():
    told = Told()
    for _ in range(3):
        told.book.look([finding(), finding()])
    told.clock.advance(LINGERS_S + 1)
    told.book.look([])
    told.book.look([])
    assert told.told == [("slow:p", False), ("slow:p", True)]


def test_a_figure_lingers_and_a_state_does_not():
    told = Told()
    told.book.look([finding("a"), finding("b", lingers=False)])
    told.book.look([])
    assert told.ids() == ["a:p"]


def test_new_evidence_is_counted_and_the_beginning_stays():
    told = Told()
    told.book.look([finding()])
    began = told.clock.wall()
    told.clock.advance(5)
    told.book.look([finding(evidence="2")])
    [row] = told.book.open()
    assert (row.count, row.since_s, row.last_s) == (2, began, began + 5)


def test_errors_come_first_and_what_is_acknowledged_last():
    told = Told()
    told.book.look([finding("a"), finding("b", "error"), finding("c", "error")])
    told.book.acknowledge("b:p")
    assert told.ids() == ["c:p", "a:p", "b:p"]


def test_a_muted_problem_says_until_when_and_comes_back():
    told = Told()
    told.book.look([finding()])
    told.book.mute("slow:p", 1e12)
    told.book.look([finding()])
    assert told.ids() == []
    told.clock.advance(MAX_MUTE_S)
    [row] = told.book.open()
    assert row.muted_until_s == told.clock.wall()


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.nan])
def test_no_time_shows_it_again(seconds: float):
    told = Told()
    told.book.look([finding()])
    told.book.mute("slow:p", 60)
    told.book.mute("slow:p", seconds)
    assert [row.muted_until_s for row in told.book.open()] == [None]


def test_a_problem_that_is_not_open_is_none():
    with pytest.raises(ContributionNotFound):
        Told().book.mute("slow:p", 1)


def test_whoever_muted_a_problem_finds_it_again():
    told = Told()
    told.book.look([finding("a"), finding("b")])
    told.book.mute("a:p", 60)
    until_s = told.clock.wall() + 60
    told.book.look([finding("a"), finding("b")])
    assert told.ids() == ["b:p"]
    assert [(row.id, row.muted_until_s) for row in told.book.all()] == [("a:p", until_s), ("b:p", None)]


def test_a_problem_that_comes_back_while_it_is_muted_stays_muted():
    told = Told()
    told.book.look([finding(lingers=False)])
    told.book.mute("slow:p", 60)
    told.book.look([])
    told.book.look([finding(lingers=False)])
    assert told.ids() == []
    told.clock.advance(61)
    told.book.look([finding(lingers=False)])
    assert [row.muted_until_s for row in told.book.open()] == [None]


def test_whoever_watches_has_it_looked_over_once_in_a_while():
    told = Told()
    looks: list[float] = []
    told.book.looks = lambda: looks.append(told.clock.wall())
    for _ in range(3):
        told.book.watched()
    assert len(looks) == 1
    told.clock.advance(LOOK_S)
    told.book.watched()
    assert len(looks) == 2
    told.clock.advance(LOOK_S / 2)
    told.book.look([])
    told.clock.advance(LOOK_S / 2)
    told.book.watched()
    assert len(looks) == 2


def test_what_changed_is_looked_over_at_once_and_a_flood_of_changes_once_a_second():
    told = Told()
    looks: list[float] = []

    def look() -> None:
        looks.append(told.clock.monotonic())
        told.book.look([])

    told.book.looks = look
    told.book.watched()
    told.book.watched()
    assert len(looks) == 1
    for changes in range(1, HURRIES + 1):
        told.book.moved()
        told.book.watched()
        told.book.watched()
        assert len(looks) == 1 + changes
    for _ in range(30):
        told.clock.advance(HURRY_S / 10)
        told.book.moved()
        told.book.watched()
    assert len(looks) == 1 + HURRIES + 3
