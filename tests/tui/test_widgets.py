"""What plugins contribute: widgets are tabs of their screen, drawn by kind, asked for only while seen."""

from typing import Any

import pytest
from tui.driven import SIZES, driving, full_host
from tui.staged_facade import StagedFacade
from tui.staged_rows import HOSTILE

from host.facade.pages import ContributionRow, WidgetPage
from host.tui.plugin_screen import PluginScreen
from host.tui.widget_lines import widget_lines
from protocol.widgets import FORMS, read_widget

DATA: dict[str, tuple[Any, tuple[str, ...]]] = {
    "stat": ({"value": 1_234, "unit": "repos", "label": "in sync", "change": -3}, ("1,234 repos", "↓ 3")),
    "gauge": ({"value": 75, "unit": "%", "level": "warning"}, ("▲ 75 %", "█", "0 to 100")),
    "sparkline": ([1, None, 4, 2.5], ("now 2.5", "most 4")),
    "series": ([{"name": "in", "points": [[1, 5], [2, None]]}], ("in", "now 5")),
    "table": ({"columns": ["repo", "issues"], "rows": [["a/b", 7], ["c", None]]}, ("repo", "a/b", "–")),
    "key-value": ({"host": "x", "ok": True}, ("host", "yes")),
    "text": ("one\ntwo", ("one", "two")),
    "log": (["first", "second"], ("first", "second")),
    "progress": ({"done": 0.5, "label": "half"}, ("50%", "░", "half")),
    "badge": ({"text": "fine", "level": "success"}, ("✓ fine",)),
}


def contributing(kind: str, data: Any) -> StagedFacade:
    facade = full_host()
    facade.contributions_ = [
        ContributionRow(
            plugin="github", kind="widget", name="w", title="Repositories", slot="top", data={}, warnings=()
        )
    ]
    facade.widgets["w"] = WidgetPage(plugin="github", name="w", kind=kind, data=data, error="")
    return facade


def test_every_kind_is_looked_at():
    assert set(DATA) == set(FORMS)


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("kind", DATA)
async def test_a_widget_is_a_tab_of_its_plugin(kind: str, size: tuple[int, int]):
    data, texts = DATA[kind]
    async with driving(contributing(kind, read_widget(kind, data)), size) as driven:
        driven.app.open_plugin("github")
        await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
        await driven.press("left_square_bracket")
        await driven.sees("[Repositories]", "github: Repositories", *texts)


@pytest.mark.parametrize("kind", DATA)
@pytest.mark.parametrize(
    "data",
    [
        {},
        {"value": "x"},
        {"lines": 3},
        {"rows": [[1]], "columns": ["a", "b"]},
        {"value": 1e308, "min": -1e308},
    ],
    ids=str,
)
def test_data_of_another_kind_is_shown_and_never_raises(kind: str, data: dict[str, Any]):
    assert widget_lines(kind, data, 80)


async def test_a_widget_that_fails_says_so_and_keeps_what_it_showed():
    facade = contributing("stat", {"value": 5})
    async with driving(facade) as driven:
        driven.app.open_plugin("github")
        await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
        await driven.press("left_square_bracket")
        await driven.sees("● 5")
        facade.widgets["w"] = WidgetPage(
            plugin="github", name="w", kind="stat", data={}, error="it raised KeyError"
        )
        await driven.sees("✖ it raised KeyError", "● 5")


async def test_a_hostile_widget_shows_no_control_characters():
    facade = contributing("table", {"columns": [HOSTILE], "rows": [[HOSTILE]]})
    async with driving(facade) as driven:
        driven.app.open_plugin("github")
        await driven.until(lambda: isinstance(driven.app.screen, PluginScreen))
        await driven.press("left_square_bracket")
        await driven.sees("red[bold]x[/bold]")
        assert not any(ord(char) < 32 or 127 <= ord(char) < 160 for char in driven.text if char != "\n")
