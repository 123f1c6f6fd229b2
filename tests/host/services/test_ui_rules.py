"""What a settings page and themes may hold, without a process."""

from typing import Any

import pytest

from host.services.ui_rules import MAX_THEMES, items_faults
from protocol.messages.provides import UiItem


def faults(*items: UiItem) -> str:
    return "; ".join(items_faults(items, lambda _name: None))


@pytest.mark.parametrize(
    "data", [{}, {"keys": []}, {"keys": ["server", "proxy.url"], "description": "Where it asks."}], ids=str
)
def test_a_settings_page_may_name_its_settings(data: dict[str, Any]):
    assert faults(UiItem("settings_page", "server", "Server", data)) == ""


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"keys": "server"}, "keys: allowed: at most 200 names"),
        ({"keys": [7]}, "keys: allowed"),
        ({"keys": [""]}, "keys: allowed"),
        ({"keys": ["x"] * 201}, "keys: allowed"),
        ({"keys": ["x" * 201]}, "keys: allowed"),
        ({"description": "x" * 501}, "description: allowed: a text of at most 500 characters"),
        ({"description": 7}, "description: allowed"),
    ],
)
def test_what_a_settings_page_says_otherwise_is_refused(data: dict[str, Any], said: str):
    assert f"settings page 'server': {said}" in faults(UiItem("settings_page", "server", "Server", data))


def test_a_plugin_has_no_more_themes_than_front_ends_can_be_sent():
    themes = [UiItem("theme", f"t{n}", "", {"colors": {"text": "#fff"}}) for n in range(MAX_THEMES + 1)]
    assert faults(*themes[1:]) == ""
    assert f"at most {MAX_THEMES} themes" in faults(*themes)
