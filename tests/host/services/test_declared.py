"""What manifests declare: answered by the methods that they name, or shown without any program."""

import dataclasses
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from host import ContributionNotFound, LoadRefused, PluginHost, Request
from host.manifest import discovery
from host.manifest.package import Package
from protocol.messages.provides import Command, Endpoint, Schedule, UiItem

Write = Callable[..., Path]

AWESOME = """
from plugin_sdk import widget


class Awesome(Plugin):
    async def api_handler(self, request) -> dict[str, Any]:
        return {"path": request.path}

    def sync_all(self, repo: str) -> str:
        return repo

    async def tidy(self) -> None:
        self.log.info("tidied")

    def load_chart(self) -> list[int]:
        return [1, 2]

    def secret(self) -> str:
        return "nobody declared this"
"""
DECLARED: dict[str, Any] = {
    "commands": (Command("sync-all", "Sync"),),
    "endpoints": (Endpoint("api_handler", "GET", "/api/v1/awesome"),),
    "schedules": (Schedule("tidy", every_s=3_600.0),),
    "ui": (
        UiItem("widget", "load-chart", "Load", {"kind": "sparkline"}),
        UiItem("widget", "dashboard_widget", "Dashboard", {"component": "ui/widget.html"}),
        UiItem("section", "recent", "Recent", {"slot": "drawer", "component": "load-chart"}),
    ),
    "theme": {"colors": {"primary": "#6366f1"}},
}


@pytest.fixture
def declare(monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Mapping[str, Any]], None]:
    """`declare(id, fields)` adds fields to the manifest of a plugin as it is read."""
    read = discovery.read_package
    more: dict[str, Mapping[str, Any]] = {}

    def read_more(*args: Any, **named: Any) -> Package:
        package = read(*args, **named)
        fields = more.get(package.manifest.id, {})
        return dataclasses.replace(package, manifest=msgspec.structs.replace(package.manifest, **fields))

    monkeypatch.setattr(discovery, "read_package", read_more)
    return lambda plugin, fields: more.update({plugin: fields})


async def test_methods_that_a_manifest_names_answer(
    plugins: Path, write_plugin: Write, declare: Any, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("awesome", AWESOME)
    declare("awesome", DECLARED)
    async with PluginHost([plugins], autoload=True) as host:
        assert await host.command("sync-all", {"repo": "x"}) == "x"
        assert (await host.dispatch(Request("GET", "/api/v1/awesome"))).data == {"path": "/api/v1/awesome"}
        await host.schedule.run("awesome", "tidy")
        assert (await host.ui.widget_data("awesome", "load-chart"))["values"] == [1, 2]
        found = {(one.kind, one.name) for one in host.ui.contributions()}
        assert found == {("widget", "load-chart"), ("section", "recent"), ("theme", "awesome")}
        assert "'dashboard_widget': left out; port it" in caplog.text
        await host.unload("awesome")
        assert host.ui.contributions() == ()


async def test_what_a_manifest_declares_is_checked_like_code(
    plugins: Path, write_plugin: Write, declare: Any
) -> None:
    write_plugin("awesome", AWESOME)
    declare("awesome", {**DECLARED, "schedules": (Schedule("tidy", cron="61 * * * *"),)})
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused, match="schedule 'tidy': cron: minute"):
            await host.load("awesome")
        assert host.commands.list() == ()


async def test_every_method_that_a_manifest_names_and_is_not_there_is_told_at_once(
    plugins: Path, write_plugin: Write
) -> None:
    manifest = """
    subscriptions = [{handler = "one", topics = ["a.b"]}]
    hooks = [{hook = "x.y", handler = "two"}]
    endpoints = [{path = "/x", handler = "three"}]
    commands = [{name = "four"}]
    schedules = [{handler = "five", every = "1h"}]
    """
    write_plugin("empty", "class Empty(Plugin): ...\n", manifest)
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused) as caught:
            await host.load("empty")
    for said in (
        "the manifest's subscription is handled by one,",
        "the manifest's hook 'x.y' is handled by two,",
        "for the manifest's endpoint three there is no method either",
        "for the manifest's command four there is no method either",
        "for the manifest's schedule five there is no method either",
    ):
        assert said in str(caught.value)


async def test_a_plugin_without_a_program_adds_as_long_as_it_is_active(
    plugins: Path, write_plugin: Write, declare: Any
) -> None:
    folder = write_plugin("midnight", "")
    (folder / "stats.json").write_text("7")
    items = (UiItem("widget", "stats", "Stats", {"kind": "stat", "component": "stats.json"}),)
    declare("midnight", {"entry_points": (), "ui": items, "theme": DECLARED["theme"]})
    async with PluginHost([plugins]) as host:
        assert host.ui.contributions() == ()
        await host.load("midnight")
        found = {(one.kind, one.name) for one in host.ui.contributions()}
        assert found == {("widget", "stats"), ("theme", "midnight")}
        assert (await host.ui.widget_data("midnight", "stats"))["value"] == 7
        with pytest.raises(ContributionNotFound, match="stats"):
            await host.ui.widget_data("midnight", "stat")
        await host.disable("midnight")
        assert host.ui.contributions() == ()
