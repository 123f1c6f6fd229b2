"""Which event loop a plugin runs on, as its environment says."""

import sys
from types import ModuleType

import pytest

from plugin_sdk.runtime.loop import LOOP, loop_factory


def test_without_a_word_it_is_asyncios_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(LOOP, raising=False)
    assert loop_factory() is None
    monkeypatch.setenv(LOOP, "asyncio")
    assert loop_factory() is None
    assert capsys.readouterr().err == ""


def test_the_one_that_is_asked_for_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("uvloop")
    module.new_event_loop = object()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "uvloop", module)
    monkeypatch.setenv(LOOP, "uvloop")
    assert loop_factory() is module.new_event_loop  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("uvloop", "PLUGHOST_LOOP asks for uvloop, which can't be imported"),
        ("trio", "PLUGHOST_LOOP is 'trio'; there are asyncio and uvloop"),
    ],
)
def test_one_that_is_not_there_is_told_and_made_up_for(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], wanted: str, said: str
) -> None:
    monkeypatch.setitem(sys.modules, "uvloop", None)
    monkeypatch.setenv(LOOP, wanted)
    assert loop_factory() is None
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"plughost: {said}")
    assert line.endswith("; this plugin runs on asyncio's own loop")
