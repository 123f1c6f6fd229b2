"""Registries: all let a session go, also where one of them fails."""

import logging
from collections.abc import Iterable
from typing import Any, cast

import pytest

from host.facade import Joining
from host.supervision.registries import SHOWN_FAULTS, Registries


class Kind:
    """A registry that notes what it is told."""

    def __init__(self, name: str, told: list[str], *, fails: bool = False, faults: int = 0) -> None:
        self.name = name
        self._told = told
        self._fails = fails
        self._faults = faults

    def check(self, session: Joining) -> Iterable[str]:
        return [f"{self.name} {number}" for number in range(self._faults)]

    def join(self, session: Joining) -> None:
        self._told.append(f"join {self.name}")

    def activated(self, session: Joining) -> None:
        self._told.append(f"activated {self.name}")

    def leave(self, session: Joining) -> None:
        self._told.append(f"leave {self.name}")
        if self._fails:
            raise RuntimeError("broken")


class Session:
    """As much of one as they look at here."""

    plugin = "one"


SESSION = cast("Any", Session())


def test_one_that_fails_to_let_a_session_go_keeps_no_other_from_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[str] = []
    registries = Registries([Kind("a", told), Kind("b", told, fails=True), Kind("c", told)])
    with caplog.at_level(logging.ERROR):
        registries.leave(SESSION)
    assert told == ["leave c", "leave b", "leave a"]
    (record,) = caplog.records
    assert "Kind failed to let a plugin go" in record.message
    assert vars(record)["fields"] == {"plugin": "one"}


def test_with_a_fault_of_any_of_them_none_takes_it_in_and_many_are_counted() -> None:
    told: list[str] = []
    registries = Registries([Kind("a", told), Kind("b", told, faults=SHOWN_FAULTS + 3)])
    assert registries.join(SESSION).endswith(f"b {SHOWN_FAULTS - 1}; and 3 more")
    assert told == []
    assert Registries([Kind("a", told)]).join(SESSION) == ""
    assert told == ["join a"]
