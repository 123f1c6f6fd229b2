"""Manifests of the plugin systems whose authors come here: read as they are, or told exactly what to port."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host.errors import Fault, ManifestError
from host.manifest import read_package
from protocol.manifest import Manifest
from protocol.messages.provides import UiItem

JsonFaults = Callable[..., dict[str, Fault]]

WEB: dict[str, Any] = {
    "name": "session-analytics",
    "version": "1.0.0",
    "displayName": "Session Analytics",
    "type": "extension",
    "author": "Some Team",
    "permissions": ["read:sessions", "read:users", "notifications"],
    "entrypoints": {"main": "index.js", "ui": "ui/Dashboard.jsx"},
    "dependencies": {"axios": "^1.6.0", "lodash": "^4.17.21"},
    "configSchema": {
        "type": "object",
        "properties": {
            "trackingEnabled": {"type": "boolean", "title": "Enable Tracking", "default": True},
            "notifyOn": {"type": "enum", "enum": ["all", "users"], "default": "all"},
            "webhookUrl": {"type": "string", "pattern": "^https://hooks\\.slack\\.com/.*$"},
        },
        "required": ["webhookUrl"],
    },
}


def test_a_web_plugin_in_javascript_is_one_fault_and_nothing_else_is_wrong_with_it(json_faults: JsonFaults):
    found = json_faults(WEB)
    assert set(found) == {"entrypoints.main"}
    assert found["entrypoints.main"].allowed.startswith("JavaScript plugin: port the entry point")


def test_the_same_plugin_ported_is_read(folder: Path, read_json: Callable[..., Manifest]):
    (folder / "dashboard.py").touch()
    ported = WEB | {"entrypoints": {"main": "main.py", "ui": "dashboard.py"}, "dependencies": {}}
    manifest = read_json(ported)
    assert manifest.entry_points == ("main.py", "dashboard.py")
    assert [str(permission) for permission in manifest.permissions] == [
        "sessions:read",
        "users:read",
        "notifications:send",
    ]
    assert manifest.config_schema is not None
    assert manifest.config_schema["properties"]["notifyOn"] == {"enum": ["all", "users"], "default": "all"}


@pytest.mark.parametrize("main", ["main:Welcome", "main.py"])
def test_main_is_an_entry_point_in_either_spelling(
    read_json: Callable[..., Manifest], read_toml: Callable[[str], Manifest], main: str
):
    assert read_json({"main": main}).entry_points == (main,)
    assert read_toml(f'main = "{main}"').entry_points == (main,)


def test_limits_of_a_sandbox_are_milliseconds_and_bytes(read_json: Callable[..., Manifest]):
    limits = read_json({"timeout": 5000, "memoryLimit": 50 * 1024 * 1024}).limits
    assert (limits.call_timeout_s, limits.memory_bytes) == (5.0, 50 * 1024 * 1024)


@pytest.mark.parametrize(
    ("text", "seconds"), [('"5s"', 5.0), ('"500ms"', 0.5), ("250", 0.25), ('"2m"', 120.0)]
)
def test_a_timeout_has_a_unit_or_is_in_milliseconds(
    read_toml: Callable[[str], Manifest], text: str, seconds: float
):
    assert read_toml(f"limits = {{timeout = {text}}}").limits.call_timeout_s == seconds


@pytest.mark.parametrize("text", ["0", "-1", "true", '"5"', '"soon"', "1e300", "[]"])
def test_a_timeout_that_is_none_is_a_fault(toml_faults: Callable[[str], dict[str, Fault]], text: str):
    assert set(toml_faults(f"limits = {{timeout = {text}}}")) == {"limits.timeout"}


def test_registered_settings_with_labels_are_a_schema(read_json: Callable[..., Manifest]):
    settings = {"enableFeature": {"type": "boolean", "default": True, "label": "Enable"}}
    schema = read_json({"settings": settings}).config_schema
    assert schema is not None
    assert schema["properties"]["enableFeature"]["title"] == "Enable"


def test_a_configuration_schema_that_is_wrong_in_three_places_is_told_with_them(json_faults: JsonFaults):
    schema = {"a": {"type": "strng"}, "b": {"type": "string", "requierd": True}, "c": {"format": "mail"}}
    assert set(json_faults({"config_schema": schema})) == {
        "config_schema.a.type",
        "config_schema.b.requierd",
        "config_schema.c.format",
    }


def test_components_of_web_pages_are_left_out_with_a_hint_and_others_are_kept(folder: Path):
    components = {"settings_panel": "ui/settings.html", "visitors": "visitors", "menu": "Menu.jsx"}
    document = {"name": "panels", "version": "1", "ui_components": components}
    (folder / "plugin.json").write_text(json.dumps(document))
    package = read_package(folder)
    assert package.manifest.ui == (UiItem("widget", "visitors", "visitors", {"component": "visitors"}),)
    assert len(package.warnings) == 2
    assert all("port it" in sentence for sentence in package.warnings)


def test_a_theme_is_data_and_starts_nothing(tmp_path: Path):
    theme = {"colors": {"primary": {"main": "#6366f1"}}, "typography": {"fontSize": 14}, "spacing": 8}
    document = {"name": "dark", "version": "1.0.0", "theme": theme}
    (tmp_path / "manifest.json").write_text(json.dumps(document))
    manifest = read_package(tmp_path).manifest
    assert manifest.theme == theme
    assert (manifest.entry_points, manifest.command) == ((), ())
    (tmp_path / "manifest.json").write_text(json.dumps(document | {"theme": {"colours": {}}}))
    with pytest.raises(ManifestError, match="did you mean colors"):
        read_package(tmp_path)


def test_declared_contributions_reach_the_manifest(read_toml: Callable[[str], Manifest]):
    manifest = read_toml(
        """
topics = ["ready", {name = "report.sent", durable = true}]
subscriptions = [{topics = "session.*", handler = "seen", durable = true}]
triggers = [{event = "message_received", handler = "on_message"}]
hooks = [{hook = "message.before_send", handler = "scan", budget = "500ms", fail = "closed"}]
endpoints = [{path = "/stats", method = "post", handler = "stats", permissions = ["read:sessions"]}]
schedules = [{handler = "report", every = "24h"}]
[commands.sync]
description = "Fetch everything."
params = {repo = {type = "string", required = true}}
"""
    )
    assert [(topic.name, topic.durable) for topic in manifest.topics] == [
        ("plugin.reports.ready", False),
        ("report.sent", True),
    ]
    assert [(one.name, one.topics, one.durable) for one in manifest.subscriptions] == [
        ("seen", ("session.*",), True),
        ("on_message", ("message_received",), False),
    ]
    assert (manifest.hooks[0].budget_ms, manifest.hooks[0].fail) == (500, "closed")
    assert manifest.endpoints[0].method == "POST"
    assert manifest.endpoints[0].permissions == ("sessions:read",)
    assert manifest.schedules[0].every_s == 86_400
    assert manifest.commands[0].params["required"] == ["repo"]


def test_every_faulty_declaration_is_told_with_its_place(toml_faults: Callable[[str], dict[str, Fault]]):
    found = toml_faults(
        """
topics = ["a b"]
capabilities = ["no spaces please"]
subscriptions = [{topics = [], handler = "x"}]
triggers = [{event = "a..b", handler = "x-y"}, {handler = "x"}]
hooks = [{hook = "h", handler = "x", fail = "maybe"}]
endpoints = [{path = "/a/../b", handler = "x", methd = "GET"}]
schedules = [{handler = "x", every = "soon"}]
commands = [{name = "!", params = {a = {type = "strng"}}}]
"""
    )
    assert set(found) == {
        "topics.0.name",
        "capabilities.0",
        "subscriptions.0.topics",
        "triggers.0.event",
        "triggers.0.handler",
        "triggers.1.event",
        "hooks.0.fail",
        "endpoints.0.path",
        "endpoints.0.methd",
        "schedules.0.every",
        "commands.0.name",
        "commands.0.params",
    }
    assert found["endpoints.0.methd"].allowed == "did you mean method?"
    assert found["triggers.1.event"].found == "nothing"
