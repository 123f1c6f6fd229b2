"""The PlexiChat example: what is let through, and who can speak in whose name."""

import asyncio
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest

from examples.plexichat.__main__ import VIRUS
from examples.plexichat.plexichat import PLUGINS, PlexiChat, Unsafe
from host import (
    Denied,
    Event,
    InvalidParams,
    PluginError,
)
from tests.examples.plexichat_room import WAIT_S, Room, open_room


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def room(tmp_path: Path) -> AsyncGenerator[Room]:
    async with open_room(tmp_path) as room:
        yield room


async def test_a_bad_message_and_a_bad_file_are_not_let_through(room: Room, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("an invoice")
    bad.write_text(VIRUS)
    await room.chat.upload("ada", good)
    with pytest.raises(Unsafe, match=r"bad\.txt refused by antivirus: EICAR"):
        await room.chat.upload("eve", bad)
    await room.chat.post("ada", "hello")
    with pytest.raises(Unsafe, match="message refused by antivirus: confirm your password"):
        await room.chat.post("eve", "Confirm your password")
    assert [one.content for one in room.chat.archive.messages()] == ["hello"]
    assert room.chat.archive.files() == ["good.txt"]
    result = await room.host.scan_file(good)
    assert result.details["antivirus"]["scan_time"] >= 0
    assert (await room.host.scan_message("hello")).details["antivirus"]["confidence"] == 0.95


async def test_without_the_scanner_nothing_passes_until_it_is_disabled(room: Room, tmp_path: Path) -> None:
    file = tmp_path / "good.txt"
    file.write_text("an invoice")
    await room.host.kill("antivirus")
    with pytest.raises(Unsafe):
        await room.chat.post("ada", "hello")
    with pytest.raises(Unsafe):
        await room.chat.upload("ada", file)
    assert (room.chat.archive.messages(), room.chat.archive.files()) == ([], [])
    await room.host.load("antivirus")
    await room.chat.post("ada", "hello")
    await room.host.disable("antivirus")
    await room.chat.post("ada", "nobody looks any more")


@pytest.fixture
async def forged(tmp_path: Path) -> AsyncGenerator[PlexiChat, None]:
    async with PlexiChat(tmp_path, [PLUGINS / "antivirus", PLUGINS.parent / "misbehaving"]) as chat:
        yield chat


async def test_what_a_plugin_says_is_scanned_like_what_people_say(forged: PlexiChat) -> None:
    host = forged.host
    with pytest.raises(PluginError, match="message refused by antivirus: wire the money") as caught:
        await host.call("forger", "say", {"params": {"content": "Wire the money"}})
    assert caught.value.data["detail"] == {"code": "unsafe"}
    await host.kill("antivirus")
    with pytest.raises(PluginError, match="message refused by antivirus"):
        await host.call("forger", "say", {"params": {"content": "hello"}})
    assert forged.archive.messages() == []


@pytest.mark.parametrize("forging", ["sender", "plugin", "caller", "user"])
async def test_a_plugin_can_not_say_who_it_is(forged: PlexiChat, forging: str) -> None:
    with pytest.raises(InvalidParams, match=forging):
        await forged.host.call("forger", "say", {"params": {"content": "hello", forging: "antivirus"}})
    assert await forged.host.call("forger", "say", {"params": {"content": "hello"}}) == 1
    assert [one.sender for one in forged.archive.messages()] == ["plugin:forger"]


async def test_a_plugin_can_not_emit_what_only_the_chat_may(forged: PlexiChat) -> None:
    heard = asyncio.Queue[str]()

    @forged.host.on(["user_message", "plugin.forger.user_message", "chat.closed"])
    async def hear(data: Any, event: Event) -> None:  # pyright: ignore[reportUnusedFunction]
        heard.put_nowait(event.topic)

    host = forged.host
    assert host.plugin("forger").refused_permissions == ("events:emit:chat.closed",)
    with pytest.raises(Denied, match=r"chat\.closed"):
        await host.call("forger", "pretend", {"topic": "chat.closed"})
    # A name without a dot is one of its own, whatever it is called.
    await host.call("forger", "pretend", {"topic": "user_message"})
    with anyio.fail_after(WAIT_S):
        assert await heard.get() == "plugin.forger.user_message"
    assert heard.empty()


@pytest.mark.parametrize("name", ["plugin:workflow", "", "ada\nbob", "x" * 51])
async def test_nobody_is_called_like_a_plugin(room: Room, tmp_path: Path, name: str) -> None:
    for does in (
        room.chat.post(name, "hello"),
        room.chat.login(name),
        room.chat.logout(name),
        room.chat.upload(name, tmp_path / "file"),
    ):
        with pytest.raises(ValueError, match="user: found"):
            await does
    assert room.chat.archive.messages() == []


async def test_a_workflow_does_not_answer_what_plugins_say(room: Room) -> None:
    await room.host.configuration.set("workflow", {"keyword": "help"})  # it is in its own answer, too
    await room.chat.post("ada", "help")
    await room.see("plugin:workflow: ada, help is on its way")
    await room.chat.post("bob", "help")
    await room.see("plugin:workflow: bob, help is on its way")
    senders = [one.sender for one in room.chat.archive.messages()]
    assert senders == ["ada", "plugin:workflow", "bob", "plugin:workflow"]


FAILURES = ("raise OSError", "os._exit(1)", "return {'threats': []}")


@pytest.mark.parametrize("answer", FAILURES)
async def test_a_scanner_that_fails_lets_nothing_through(tmp_path: Path, answer: str) -> None:
    folder = tmp_path / "antivirus"
    shutil.copytree(PLUGINS / "antivirus", folder)
    code = "import os\nfrom plugin_sdk.kinds import SecurityPlugin\nclass AntivirusPlugin(SecurityPlugin):\n"
    for scan in ("scan_message(self, message)", "scan_file(self, file_path)"):
        code += f"    async def {scan}:\n        {answer}\n"
    (folder / "main.py").write_text(code)
    file = tmp_path / "good.txt"
    file.write_text("an invoice")
    async with PlexiChat(tmp_path / "chat", [folder]) as chat:
        with pytest.raises(Unsafe, match="refused by antivirus"):
            await chat.post("ada", "hello")
        with pytest.raises(Unsafe, match="refused by antivirus"):
            await chat.upload("ada", file)
        assert (chat.archive.messages(), chat.archive.files()) == ([], [])
