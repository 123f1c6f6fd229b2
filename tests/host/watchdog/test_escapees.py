"""Escapees: processes that moved away from their tree between two sweeps, with either reader."""

import ctypes
from collections.abc import Iterator

import pytest

from host.watchdog.proc_probe import probe
from host.watchdog.psutil_reader import PsutilReader
from host.watchdog.sample import Sample
from host.watchdog.sampler import Sampler
from tests.host.watchdog.obedient import Obedient

MIB = 1024 * 1024
NO_SOFT_LIMIT = 1 << 60
SESSIONS = ("one", "two")

pytestmark = pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "prctl"), reason="nobody can inherit orphans")


class Family:
    """An adopter with the roots of two sessions, watched by one sampler."""

    def __init__(self, sampler_of: str) -> None:
        self.adopter = Obedient()
        self.adopter.do("adopt()")
        self.adopter.do(f"roots = {{mark: Obedient(mark) for mark in {SESSIONS}}}")
        self.roots: dict[str, int] = {
            session: self.adopter.ask(f"roots[{session!r}].pid") for session in SESSIONS
        }
        reader = PsutilReader() if sampler_of == "psutil" else probe()
        if reader is None:
            pytest.skip("no process files are here")
        self.sampler = Sampler(adopter=lambda: self.adopter.pid, reader=reader)

    def ask(self, session: str, expression: str) -> int:
        """Have a session's root evaluate an expression."""
        value: int = self.adopter.ask(f"roots[{session!r}].ask({expression!r})")
        return value

    def sweep(self, *sessions: str) -> dict[str, Sample]:
        roots = {session: self.roots[session] for session in sessions or SESSIONS}
        return self.sampler.sweep(roots, dict.fromkeys(roots, NO_SOFT_LIMIT))

    def pids(self) -> dict[str, list[int]]:
        """Sweep; return who is in whose tree beside the root."""
        samples = self.sweep()
        assert {session: sample.tree[0].pid for session, sample in samples.items()} == self.roots
        return {session: [key.pid for key in sample.tree[1:]] for session, sample in samples.items()}

    def close(self) -> None:
        for session in SESSIONS:
            self.sampler.forget(session)
            self.adopter.do(f"roots[{session!r}].close()")
        self.adopter.close()


@pytest.fixture(params=["psutil", "proc"])
def family(request: pytest.FixtureRequest) -> Iterator[Family]:
    family = Family(request.param)
    yield family
    family.close()


def test_an_escapee_is_in_its_sessions_tree_from_the_next_sweep_on(family: Family) -> None:
    assert family.pids() == {"one": [], "two": []}
    before = family.sweep()["two"]
    away = family.ask("two", f"fork_away('kept.append(b\"x\" * {32 * MIB})')")
    assert family.pids() == {"one": [], "two": [away]}
    assert family.sweep()["two"].rss_bytes - before.rss_bytes > 30 * MIB


def test_an_escapee_from_before_the_first_sweep_is_found(family: Family) -> None:
    away = family.ask("one", "fork_away()")
    assert family.pids() == {"one": [away], "two": []}


def test_what_is_below_an_escapee_is_in_the_tree_too(family: Family) -> None:
    family.sweep()
    away = family.ask("one", "fork_away('fork()')")
    pids = family.pids()["one"]
    assert (pids[0], len(pids)) == (away, 2)


def test_who_escapes_while_only_others_are_swept_is_found_by_the_next_sweep_of_all(family: Family) -> None:
    family.sweep()
    kid, away = family.ask("one", "fork()"), family.ask("one", "fork_away()")
    assert list(family.sweep("two")) == ["two"]
    assert {session: set(pids) for session, pids in family.pids().items()} == {
        "one": {kid, away},
        "two": set(),
    }


def test_an_orphan_of_an_orphan_is_found_although_its_first_parent_was_never_seen(family: Family) -> None:
    family.sweep()
    kid = family.ask("one", "fork('fork(\"fork()\")')")
    family.ask("one", f"end({kid})")
    assert len(family.pids()["one"]) == 2
    assert len(family.pids()["one"]) == 2


def test_the_adopters_other_children_are_in_no_tree(family: Family) -> None:
    family.sweep()
    family.adopter.do("fork('fork()')")
    for _ in range(2):
        assert family.pids() == {"one": [], "two": []}


def test_an_escapee_of_a_session_that_is_not_watched_is_in_no_tree_until_it_is(family: Family) -> None:
    family.sweep("two")
    away = family.ask("one", "fork_away()")
    assert len(family.sweep("two")["two"].tree) == 1
    assert family.pids() == {"one": [away], "two": []}


def test_an_escapee_stays_when_its_root_has_ended_and_is_then_nobodys(family: Family) -> None:
    away = family.ask("one", "fork_away()")
    assert family.pids()["one"] == [away]
    family.adopter.do("os.killpg(roots['one'].pid, 9); roots['one'].process.wait()")
    assert list(family.sweep()) == ["two"]
    assert list(family.sweep()) == ["two"]
