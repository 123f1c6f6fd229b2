"""The PlexiChat example, with its plugins as real processes: what those who chat and operate would see."""

import json
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest

from examples.plexichat.model import KEY
from examples.plexichat.plexichat import PLUGINS, PlexiChat
from host import (
    ConfigurationRefused,
    InvalidConfiguration,
    LoadFailed,
    LoadRefused,
    PluginError,
    PluginNotFound,
    Request,
)
from host.manifest import read_package
from tests.examples.plexichat_room import WAIT_S, Room, open_room


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncGenerator[Room]:
    async with open_room(tmp_path) as room:
        yield room


async def test_every_plugin_of_the_document_runs(room: Room) -> None:
    states = {view.id: (view.state, view.type) for view in room.host.plugins()}
    assert states == {
        "antivirus": ("active", "security"),
        "custom-ui": ("active", "interface"),
        "my-ai-provider": ("active", "ai_provider"),
        "my-awesome-plugin": ("active", "ai_provider"),
        "my-plugin": ("active", "extension"),
        "openai-provider": ("active", "ai_provider"),
        "workflow": ("active", "automation"),
    }


async def test_a_provider_answers_by_openais_interface_at_once_and_piece_by_piece(room: Room) -> None:
    chat = room.chat
    answer = await chat.ask("openai-provider", "what is it?", system_prompt="Be brief.")
    assert answer == "Be brief. You said: what is it?"
    pieces = [piece async for piece in chat.ask_streaming("openai-provider", "and now?")]
    assert pieces == ["You ", "said: ", "and ", "now? "]
    assert await chat.ask("my-ai-provider", "hi") == "AI response to 'hi'"
    assert [one async for one in chat.ask_streaming("my-ai-provider", "hi")] == ["AI response", " to 'hi'"]
    assert [one.id for one in room.host.providers("ai_provider")] == [
        "my-ai-provider",
        "my-awesome-plugin",
        "openai-provider",
    ]


async def test_a_wrong_key_is_an_error_that_says_so_and_a_right_one_counts_at_once(room: Room) -> None:
    configuration = room.host.configuration
    await configuration.set("openai-provider", {"api_key": "another-key-77"})
    with pytest.raises(PluginError, match=r"Failed to process: 401 .*Incorrect API key"):
        await room.chat.ask("openai-provider", "hi")
    with pytest.raises(PluginError, match="Failed to process: 401"):
        async for _ in room.chat.ask_streaming("openai-provider", "hi"):
            pass
    await configuration.set("openai-provider", {"api_key": KEY})
    assert await room.chat.ask("openai-provider", "hi") == "You said: hi"


async def test_the_route_and_the_menu_item_of_the_interface_are_there(room: Room) -> None:
    answer = await room.host.dispatch(Request("GET", "/api/plugins/custom-ui/custom"))
    assert (answer.status, answer.data) == (200, {"message": "Custom page"})
    (item,) = room.host.ui.contributions("menu_item")
    assert (item.plugin, item.title) == ("custom-ui", "Custom")
    assert await room.host.ui.invoke("custom-ui", item.name) == {
        "title": "Custom",
        "text": "A dialog of the plugin",
    }


async def test_workflows_run_by_triggers_and_on_request(room: Room) -> None:
    await room.chat.login("ada")
    await room.see("plugin:workflow: Welcome, ada!")
    await room.chat.post("ada", "I need !help")
    await room.see("plugin:workflow: ada, help is on its way")
    await room.host.configuration.set("workflow", {"keyword": "SOS"})
    await room.chat.post("bob", "SOS")
    await room.see("plugin:workflow: bob, help is on its way")
    with pytest.raises(PluginError, match="allowed: help, welcome"):
        await room.host.call("workflow", "execute_workflow", {"workflow_id": "dance", "data": {}})


async def test_events_reach_the_program_and_the_plugin_that_hears_all(room: Room) -> None:
    custom: list[Any] = []

    @room.host.on("custom_event")
    async def on_custom(data: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        custom.append(data)
        await room.chat.logout("ada")

    await room.host.emit("custom_event", {"key": "value"})
    await room.see("ada did user_logout")
    assert custom == [{"key": "value"}]
    await room.chat.post("ada", "hello")
    await room.see("ada: hello")
    with anyio.fail_after(WAIT_S):
        while not await room.host.storage.get("my-plugin", "messages"):
            await room.host.health("my-plugin")
    assert await room.host.storage.get("my-plugin", "messages") == 1


async def test_plugins_are_installed_switched_off_and_on_and_uninstalled(room: Room, tmp_path: Path) -> None:
    host, shelf = room.host, room.chat.shelf
    folder = tmp_path / "another"
    shutil.copytree(PLUGINS / "my-ai-provider", folder)
    manifest = folder / "plugin.json"
    manifest.write_text(manifest.read_text().replace("my-ai-provider", "plugin-name"))
    assert shelf.put(folder).name == "plugin-name-1.0.0.json"
    with pytest.raises(FileNotFoundError, match=r"no package plugin-name 2\.0\.0"):
        await shelf.install("plugin-name", "2.0.0")
    await shelf.install("plugin-name", "1.0.0")
    with pytest.raises(FileExistsError):
        await shelf.install("plugin-name", "1.0.0")
    assert host.plugin("plugin-name").state == "active"
    await host.disable("plugin-name")
    assert host.plugin("plugin-name").state == "disabled"
    await host.enable("plugin-name")
    await host.load("plugin-name")
    assert await room.chat.ask("plugin-name", "hi") == "AI response to 'hi'"
    await shelf.uninstall("plugin-name")
    with pytest.raises(PluginNotFound):
        host.plugin("plugin-name")
    with pytest.raises(LookupError, match="was not installed"):
        await shelf.uninstall("antivirus")


async def test_configuration_is_read_set_checked_and_masked(room: Room) -> None:
    configuration = room.host.configuration
    await configuration.set("my-plugin", {"api_key": "secret-key", "enabled": True})
    assert configuration.get("my-plugin") == {"api_key": "•••", "enabled": True}
    assert configuration.get("openai-provider")["model"] == "gpt-3.5-turbo"
    assert configuration.get("my-awesome-plugin")["timeout"] == 20
    with pytest.raises((InvalidConfiguration, ConfigurationRefused), match="enabled"):
        await configuration.set("my-plugin", {"enabled": "perhaps"})
    assert room.chat.system_config()["app"] == "plexichat"


async def test_what_the_manifest_of_the_document_declares_is_there(room: Room) -> None:
    package = read_package(PLUGINS / "my-awesome-plugin")
    assert package.manifest.requires.application == {"plexichat": ">=1.0.0"}
    assert room.host.plugin("my-awesome-plugin").permissions == (
        "network:connect",
        "files:read",
        "users:read",
    )
    await room.chat.post("ada", "hello")
    assert await room.chat.ask("my-awesome-plugin", "question") == "Awesome: question"
    answer = await room.host.dispatch(Request("GET", "/api/v1/awesome"))
    assert (answer.status, answer.data) == (200, {"answered": 1, "known": 0, "users": ["ada"]})
    shown = {one.name: one for one in room.host.ui.contributions() if one.plugin == "my-awesome-plugin"}
    data = await room.host.ui.widget_data("my-awesome-plugin", "dashboard")
    assert (data["value"], data["label"]) == (1, "answered")
    assert "settings_panel" in shown


async def test_components_that_only_a_browser_draws_are_left_out_and_the_rest_works(tmp_path: Path) -> None:
    folder = tmp_path / "plugin"
    shutil.copytree(PLUGINS / "my-awesome-plugin", folder)
    document = json.loads((folder / "plugin.json").read_text())
    document["ui_components"] = {"settings_panel": "ui/settings.html", "dashboard_widget": "ui/widget.html"}
    (folder / "plugin.json").write_text(json.dumps(document))
    assert any("ui/settings.html" in warning for warning in read_package(folder).warnings)
    async with PlexiChat(tmp_path / "chat", [folder], config={"my-awesome-plugin": {"api_key": KEY}}) as chat:
        assert await chat.ask("my-awesome-plugin", "question") == "Awesome: question"


@pytest.mark.parametrize(
    ("key", "value", "cause"),
    [
        ("plexichat_version", ">=2.0.0", "plexichat"),
        ("python_version", ">=4", "(?i)python"),
        ("dependencies", {"requests": ">=2.25.0"}, "requests"),
    ],
)
async def test_what_a_plugin_needs_and_is_not_there_is_named(
    tmp_path: Path, key: str, value: Any, cause: str
) -> None:

    folder = tmp_path / "plugin"
    shutil.copytree(PLUGINS / "my-awesome-plugin", folder)
    document = json.loads((folder / "plugin.json").read_text()) | {key: value}
    (folder / "plugin.json").write_text(json.dumps(document))
    config = {"my-awesome-plugin": {"api_key": KEY}}
    async with PlexiChat(tmp_path / "chat", [folder], config=config) as chat:
        with pytest.raises((LoadFailed, LoadRefused), match=cause):
            await chat.host.load("my-awesome-plugin")


async def test_a_key_that_is_required_and_not_set_is_named(tmp_path: Path) -> None:
    async with PlexiChat(tmp_path, [PLUGINS / "openai-provider"]) as chat:
        with pytest.raises((LoadFailed, LoadRefused), match="api_key"):
            await chat.host.load("openai-provider")


@pytest.mark.parametrize(
    ("plugin", "options", "said"),
    [
        ("my-plugin", ["--mode", "memory"], "5 passed"),
        ("my-plugin", ["--mode", "process"], "5 passed"),
        ("my-plugin", ["--coverage"], "main.py"),
        ("my-plugin", ["-k", "initialization"], "1 passed"),
        ("my-awesome-plugin", [], "1 passed, 1 skipped"),
        ("my-awesome-plugin", ["--mode", "process"], "2 passed"),
    ],
)
def test_the_unit_tests_of_the_document_pass(plugin: str, options: list[str], said: str) -> None:
    done = subprocess.run(
        [Path(sys.executable).with_name("plughost"), "test", PLUGINS / plugin, *options],
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert said in done.stdout
