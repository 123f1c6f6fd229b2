"""Additions to user interfaces through real plugin processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import (
    ContributionNotFound,
    DuplicateContribution,
    InvalidParams,
    InvalidResult,
    LoadRefused,
    NotActive,
    PluginError,
    PluginHost,
)

Write = Callable[..., Path]

EXTENSION = """
from plugin_sdk import menu_item, widget


class Extension(Plugin):
    theme = {
        "colors": {"primary": "#6366f1", "secondary": "#8b5cf6", "background": "#0f172a",
                   "surface": "#1e293b", "text": "#f1f5f9"},
        "typography": {"fontFamily": '"Inter", sans-serif', "fontSize": {"small": "0.875rem"}},
        "spacing": {"unit": 8},
    }

    async def on_load(self) -> None:
        self.asked = 0
        self.shown: Any = 1
        await self.ui.register_widget("session-stats", {
            "title": "Session Statistics", "component": "data/stats.json", "kind": "table",
            "position": "top", "width": "full",
        })
        await self.ui.register_settings_page("my-settings", title="Plugin Settings", icon="settings")
        await self.ui.add_menu_item(label="Custom Feature", icon="star", path="/custom-feature",
                                    component="live")
        await self.ui.register_component({"name": "example-widget", "component": self.example,
                                          "position": "sidebar"})
        await self.ui.register_section("recent", slot="drawer", title="Recent", component="live")
        await self.ui.register_tab("about", title="About", component="README.md")

    def example(self) -> str:
        return "an example\\n\\x1b]52;c;eA==\\x07"

    @widget(title="Live", kind="stat", width="half")
    async def live(self) -> Any:
        self.asked += 1
        return self.shown

    @menu_item("Sync now", icon="refresh")
    async def sync(self) -> str:
        return "synced"

    @menu_item("Fail")
    async def fail(self) -> None:
        raise PluginError("nothing to sync")

    @method
    async def show(self, value: Any) -> None:
        self.shown = value

    @method
    async def times(self) -> int:
        return self.asked

    @method
    async def register(self, name: str, options: dict[str, Any]) -> None:
        await self.ui.register_widget(name, options)

    @method
    async def dress(self, theme: dict[str, Any]) -> None:
        await self.ui.set_theme(theme, title="Dark")

    @method
    async def remove(self, kind: Any, name: str) -> None:
        await self.ui.remove(kind, name)
"""


@pytest.fixture
def place(plugins: Path, write_plugin: Write) -> Path:
    folder = write_plugin("extension", EXTENSION)
    (folder / "data").mkdir()
    (folder / "data" / "stats.json").write_text('{"columns": ["a", "b"], "rows": [[1, null]]}')
    (folder / "README.md").write_text("# About")
    return plugins


async def test_all_kinds_are_listed_with_their_slots_and_withdrawn_at_unload(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        found = {(one.kind, one.name): one for one in host.ui.contributions()}
        assert {key: one.slot for key, one in found.items()} == {
            ("widget", "session-stats"): "canvas-main",
            ("widget", "live"): "canvas-main",
            ("widget", "example-widget"): "sidebar-mid",
            ("settings_page", "my-settings"): "",
            ("menu_item", "custom-feature"): "sidebar-mid",
            ("menu_item", "sync"): "sidebar-mid",
            ("menu_item", "fail"): "sidebar-mid",
            ("section", "recent"): "drawer",
            ("tab", "about"): "header-tabs",
            ("theme", "extension"): "",
        }
        assert found["widget", "live"].title == "Live"
        assert found["widget", "live"].data == {"kind": "stat", "position": "top", "width": "half"}
        assert found["theme", "extension"].warnings == ()
        assert [one.name for one in host.ui.contributions("section", "drawer")] == ["recent"]
        await host.call("extension", "remove", {"kind": "section", "name": "recent"})
        assert host.ui.contributions("section") == ()
        await host.unload("extension")
        assert host.ui.contributions() == ()


async def test_data_come_from_the_plugin_or_a_file_checked_cleaned_and_twice_a_second_at_most(
    place: Path,
) -> None:
    async with PluginHost([place], autoload=True) as host:
        assert await host.ui.widget_data("extension", "session-stats") == {
            "columns": ["a", "b"],
            "rows": [[1, None]],
        }
        assert await host.ui.widget_data("extension", "example-widget") == {
            "text": "an example\n\\x1b]52;c;eA==\\x07"
        }
        async with anyio.create_task_group() as tasks:
            for _ in range(20):
                tasks.start_soon(host.ui.widget_data, "extension", "live")
        assert await host.call("extension", "times") == 1
        assert (await host.ui.widget_data("extension", "live"))["value"] == 1


async def test_what_an_addition_shows_is_its_own_or_that_of_the_widget_or_file_that_it_names(
    place: Path,
) -> None:
    async with PluginHost([place], autoload=True) as host:
        found = {one.name: one for one in host.ui.contributions()}
        for name in ("live", "recent", "custom-feature"):
            assert (await host.ui.data(found[name]))["value"] == 1
        assert (await host.ui.data(found["session-stats"]))["rows"] == [[1, None]]
        assert await host.ui.data(found["about"]) == {"text": "# About"}
        with pytest.raises(ContributionNotFound, match="my-settings"):
            await host.ui.data(found["my-settings"])
        await host.unload("extension")
        with pytest.raises(NotActive):
            await host.ui.data(found["live"])


@pytest.mark.parametrize(
    ("shown", "named"),
    [
        ([1], "is no stat"),
        ({"value": 1, "colour": "red"}, "colour"),
        ({"value": {"a": 1}}, "value"),
        ("x" * 70_000, "65536"),
    ],
)
async def test_data_of_another_kind_or_too_large_are_refused(place: Path, shown: Any, named: str) -> None:
    async with PluginHost([place], autoload=True) as host:
        await host.call("extension", "show", {"value": shown})
        with pytest.raises(InvalidResult, match=named):
            await host.ui.widget_data("extension", "live")


async def test_menu_items_do_what_stands_behind_them(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        assert await host.ui.invoke("extension", "sync") == "synced"
        assert (await host.ui.invoke("extension", "custom-feature"))["value"] == 1
        with pytest.raises(PluginError, match="nothing to sync"):
            await host.ui.invoke("extension", "fail")
        with pytest.raises(ContributionNotFound, match="did you mean sync"):
            await host.ui.invoke("extension", "synk")
        with pytest.raises(ContributionNotFound, match="widget 'nothing'"):
            await host.ui.widget_data("extension", "nothing")


BAD = [
    ('register_widget("a", title="A", component="./ui/Stats.jsx")', "port it: a method with @widget"),
    ('register_widget("a", title="A", component="ui/widget.html")', "port it"),
    ('register_widget("a", title="A", kind="stat", component="gone.json")', "a widget of this plugin"),
    ('register_widget("a", title="A", component="a.json")', "kind: found nothing; allowed: how the data"),
    ('register_section("a", title="A", slot="drawer", component="a.json")', "kind: found nothing"),
    ('register_widget("a", title="A", component="../../etc/passwd.txt")', "a widget of this plugin"),
    ('register_widget("a", position="left", handler=print)', "position: found 'left'; allowed: top, sidebar"),
    ('register_widget("a", width="wide", handler=print)', "width: found 'wide'"),
    ('register_widget("a", kind="pie", handler=print)', "kind: found 'pie'"),
    ('register_widget("a b", handler=print)', "name: allowed"),
    ('register_widget("a", colour="red", handler=print)', "colour: allowed"),
    ('register_widget("a", title="x" * 201, handler=print)', "title: found 201"),
    ('add_menu_item(label="A", path="javascript:x")', "path: found"),
    ('add_menu_item(label="A", path="//elsewhere")', "path: found"),
    ('add_menu_item(label="A", icon="<b>")', "icon: found"),
    ('register_section("a", title="A", slot="app.sidebar.bottom.x")', "it is sidebar-bottom-indicators now"),
    ('register_section("a", title="A", slot="page.canvas.main")', "it is canvas-main now"),
    ('register_section("a", title="A", slot="roof")', "allowed: sidebar-mid"),
    ('register_section("a", slot="drawer")', "title: found an empty text"),
    ('set_theme({"colors": {"primary": "reddish"}})', "colors.primary: found 'reddish'"),
    ('set_theme({"colours": {}})', "colours: allowed: colors"),
    ('set_theme({"shape": {"borderRadius": "8px; } body { display: none"}})', "shape.borderRadius"),
    ('set_theme({"components": {"card": {"background": "url(http://x)"}}})', "components.card.background"),
    ('set_theme({"typography": {"a": {"b": {"c": {"d": {"e": {"f": {"g": 1}}}}}}}})', "nested deeper"),
    ('set_theme({"typography": {"a": "x" * 70_000}})', "65536"),
    ('set_theme({"colors": {"primary": 7}})', "colors.primary: allowed: a colour"),
]


@pytest.mark.parametrize(("code", "named"), BAD)
async def test_what_can_not_be_shown_is_refused_with_its_place(
    plugins: Path, write_plugin: Write, code: str, named: str
) -> None:
    write_plugin(
        "bad", f"class Bad(Plugin):\n    @method\n    async def go(self):\n        await self.ui.{code}\n"
    )
    async with PluginHost([plugins], autoload=True) as host:
        with pytest.raises(InvalidParams, match=named):
            await host.call("bad", "go")
        assert host.ui.contributions() == ()


async def test_a_widget_of_another_plugin_is_refused_naming_its_owner_with_all_other_faults(
    place: Path, write_plugin: Write
) -> None:
    write_plugin(
        "second",
        """
        from plugin_sdk import menu_item, widget

        class Second(Plugin):
            theme = {"colors": {"primary": "nothing"}}

            @widget("live")
            def a(self): ...

            @menu_item("Other", icon="no icon", path="/custom-feature")
            def b(self): ...

            @widget()
            def fine(self): ...
        """,
    )
    write_plugin(
        "third",
        """
        class Third(Plugin):
            @method
            async def go(self):
                await self.ui.register_widget("live", handler=print)
        """,
    )
    async with PluginHost([place]) as host:
        await host.load("extension")
        await host.load("third")
        with pytest.raises(LoadRefused) as caught:
            await host.load("second")
        for named in (
            "plugin 'extension' has the widget live",
            "plugin 'extension' has the menu path /custom-feature",
            "icon: found 'no icon'",
            "colors.primary: found 'nothing'",
        ):
            assert named in caught.value.message
        assert host.ui.contributions(plugin="second") == ()
        with pytest.raises(DuplicateContribution, match="plugin 'extension' has the widget live"):
            await host.call("third", "go")


async def test_a_theme_that_can_hardly_be_read_is_warned_of(
    place: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with PluginHost([place], autoload=True) as host:
        pale = {"colors": {"background": {"default": "#ffffff"}, "text": {"primary": "#dddddd"}}}
        await host.call("extension", "dress", {"theme": pale})
        (theme,) = host.ui.contributions("theme")
        assert theme.title == "Dark"
        assert theme.warnings == (
            "text.primary on background.default has a contrast of 1.35; 4.5 is readable",
        )
        assert "has a contrast of 1.35" in caplog.text
