"""Pictures are made a part at a time, so that no look holds the loop up, and nobody is left out."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from host.clock import FakeClock
from host.errors import ManifestError
from host.facade import PluginView
from host.facade.board import Row
from host.facade.rows import PLUGINS
from host.operations.parts import Parts
from host.operations.pictures import ROUND_S, ROWS_A_LOOK, Pictures
from host.operations.problem_book import ProblemBook
from host.operations.rates import Rates
from host.supervision.view import broken_view

LOOK_S = 0.1
MANY = 4 * ROWS_A_LOOK


class Roster:
    """Plugins whose state is set, and which of them were looked at."""

    def __init__(self, ids: Sequence[str]) -> None:
        self.states = dict.fromkeys(ids, "active")
        self.looked: list[str] = []

    def ids(self) -> tuple[str, ...]:
        return tuple(self.states)

    def broken(self) -> tuple[PluginView, ...]:
        return ()

    def views(self) -> list[PluginView]:
        return [self._view(plugin) for plugin in self.states]

    def get(self, plugin: str) -> SimpleNamespace:
        return SimpleNamespace(view=lambda: self._view(plugin))

    def _view(self, plugin: str) -> PluginView:
        self.looked.append(plugin)
        # One with faults has no supervisor that would be asked for more.
        view = broken_view(Path(plugin), ManifestError(plugin, []))
        return replace(view, state=self.states[plugin], faults=("none",))


class Stage:
    """Pictures of a roster, looked at ten times a second."""

    def __init__(self, plugins: int) -> None:
        self.clock = FakeClock()
        self.roster = Roster([f"p{number:03}" for number in range(plugins)])
        parts = cast("Parts", SimpleNamespace(roster=self.roster, clock=self.clock))
        self.pictures = Pictures(parts, Rates(), ProblemBook(self.clock, lambda row, over: None))

    def look(self, after_s: float = LOOK_S) -> dict[str, Row]:
        """Look after a while; `roster.looked` has whose rows were made for it."""
        self.roster.looked.clear()
        self.clock.advance(after_s)
        return dict(self.pictures.picture([PLUGINS])[PLUGINS])


def test_the_first_look_has_everybody():
    stage = Stage(MANY)
    assert stage.look().keys() == stage.roster.states.keys()


def test_a_look_makes_a_part_of_the_rows_and_a_round_all_of_them():
    stage = Stage(MANY)
    stage.look()
    made = Counter[str]()
    for _ in range(int(2 * ROUND_S / LOOK_S)):
        assert stage.look().keys() == stage.roster.states.keys()
        assert len(stage.roster.looked) <= ROWS_A_LOOK
        made.update(stage.roster.looked)
    assert made.keys() == stage.roster.states.keys()
    assert max(made.values()) - min(made.values()) <= 1


def test_few_plugins_are_all_made_at_one_look_and_rest_until_the_next_round():
    stage = Stage(3)
    stage.look()
    made = [(stage.look(), len(stage.roster.looked))[1] for _ in range(10)]
    assert set(made) == {0, 3}
    assert made.count(3) == 2


@pytest.mark.parametrize("looks", range(6))
def test_a_change_of_state_is_shown_at_the_next_look_whoever_s_turn_it_is(looks: int):
    stage = Stage(MANY)
    for _ in range(looks + 1):
        stage.look()
    stage.roster.states["p117"] = "error"
    stage.pictures.touch("p117")
    assert stage.look()["p117"]["state"] == "error"


def test_who_looks_seldom_sees_everybody_as_of_now():
    stage = Stage(10 * ROWS_A_LOOK)
    stage.look()
    stage.roster.states = dict.fromkeys(stage.roster.states, "backoff")
    assert {row["state"] for row in stage.look(ROUND_S + LOOK_S).values()} == {"backoff"}


def test_nothing_shown_is_older_than_a_round_at_any_pace():
    stage = Stage(10 * ROWS_A_LOOK)
    stage.look()
    stage.look(ROUND_S / 2)
    stage.roster.states = dict.fromkeys(stage.roster.states, "backoff")
    stage.look(ROUND_S / 2)
    stage.look(ROUND_S / 2)
    assert {row["state"] for row in stage.look(ROUND_S / 2).values()} == {"backoff"}


def test_who_comes_and_who_goes_is_seen_at_the_next_look():
    stage = Stage(MANY)
    stage.look()
    stage.look()
    del stage.roster.states["p003"]
    stage.roster.states["new"] = "loading"
    assert stage.look().keys() == stage.roster.states.keys()
    assert stage.look().keys() == stage.roster.states.keys()


def test_a_change_of_one_who_is_gone_by_then_is_no_trouble():
    stage = Stage(3)
    stage.look()
    stage.pictures.touch("gone")
    assert stage.look().keys() == stage.roster.states.keys()


def test_a_picture_that_somebody_holds_stays_as_it_was():
    stage = Stage(3)
    held = stage.pictures.picture([PLUGINS])[PLUGINS]
    row = held["p001"]
    stage.roster.states["p001"] = "error"
    stage.pictures.touch("p001")
    now = stage.look()
    assert (held["p001"], now["p001"]["state"]) == (row, "error")
    assert now["p000"] is held["p000"]
