"""States: which may follow which."""

import re
from itertools import pairwise, product
from pathlib import Path

import pytest

from host.supervision import states
from host.supervision.states import ALLOWED, ForbiddenTransition, State, check, is_live

PATHS = [
    "discovered loading active unloading discovered",
    "discovered disabled discovered quarantined discovered error disabled",
    "loading backoff loading error loading quarantined loading unloading loading",
    "active unresponsive active backoff discovered",
    "active error quarantined error discovered",
    "active quarantined disabled",
    "unresponsive unloading disabled",
    "unresponsive backoff disabled",
    "unresponsive quarantined",
    "unresponsive error",
    "backoff unloading backoff quarantined",
    "backoff error",
    "unloading error",
    "unloading quarantined",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_plugin_may_take_this_path(path: str) -> None:
    steps = [State(name) for name in path.split()]
    for old, new in pairwise(steps):
        check(old, new)


def test_the_paths_above_are_all_that_a_plugin_may_take() -> None:
    walked: set[tuple[State, State]] = set()
    for path in PATHS:
        steps = [State(name) for name in path.split()]
        walked |= set(pairwise(steps))
    assert walked == {(old, new) for old, following in ALLOWED.items() for new in following}


def test_every_other_transition_is_forbidden() -> None:
    for old, new in product(State, State):
        if new not in ALLOWED[old]:
            with pytest.raises(ForbiddenTransition, match=f"from {old} to {new}") as caught:
                check(old, new)
            assert (caught.value.old, caught.value.new) == (old, new)


def test_a_disabled_plugin_must_be_enabled_before_anything_else() -> None:
    assert ALLOWED[State.DISABLED] == {State.DISCOVERED}


def test_a_forbidden_transition_is_the_hosts_own_fault() -> None:
    assert issubclass(ForbiddenTransition, RuntimeError)


def test_every_state_can_be_left_and_reached() -> None:
    assert set(ALLOWED) == set(State)
    assert set().union(*ALLOWED.values()) == set(State)


def test_a_plugin_is_live_while_it_is_pinged() -> None:
    assert {state for state in State if is_live(state)} == {State.ACTIVE, State.UNRESPONSIVE}


def test_every_state_says_what_it_means() -> None:
    source = Path(states.__file__).read_text("utf-8")
    assert {State(name) for name in re.findall(r"^    - (\w+):", source, re.MULTILINE)} == set(State)
