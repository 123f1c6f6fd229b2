"""docs/monitor.md names the keys that there are, all of them."""

import pytest
from textual.binding import Binding
from tui import monitor_docs
from tui.monitor_docs import PAGE, TITLES, binding_classes, renewed

from host.tui.tabs.trace import TraceTab


def test_the_tables_of_keys_are_fresh():
    page = PAGE.read_text()
    assert page == renewed(page), "run: make hero"


def test_a_class_that_binds_keys_can_not_be_left_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(monitor_docs, "TITLES", {k: v for k, v in TITLES.items() if k != "TraceTab"})
    with pytest.raises(LookupError, match="TraceTab"):
        renewed("")


def test_a_key_of_any_class_is_on_the_page(monkeypatch: pytest.MonkeyPatch):
    more = [*TraceTab.BINDINGS, Binding("f9", "again", "a new key")]
    monkeypatch.setattr(TraceTab, "BINDINGS", more)
    assert binding_classes()["TraceTab"] == more
    assert "| `f9` | a new key |" in renewed("")
