"""The chatbox example, with its plugins as real processes: what those who chat would see."""

import asyncio
import json
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import msgspec
import pytest

from examples.chatbox.archive import Message
from examples.chatbox.chatbox import PLUGINS, SANDBOX, Chatbox
from host import DeadlineExceeded, Denied, HasDependants, InvalidParams, LoadFailed, ManifestError, PluginDied
from host.manifest import pack_blob

MISBEHAVING = PLUGINS.parent / "misbehaving"
WAIT_S = 20.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Room:
    """A chatbox and what is said in it."""

    def __init__(self, folder: Path) -> None:
        self._said = asyncio.Queue[Message]()
        # A hanging call is waited for 0.5 s here, and everything else is as in production.
        sandbox = msgspec.structs.replace(SANDBOX, call_timeout_s=0.5)
        self.chatbox = Chatbox(folder, [PLUGINS, MISBEHAVING], sandbox=sandbox, show=self._said.put_nowait)

    async def hear(self) -> Message:
        with anyio.fail_after(WAIT_S):
            return await self._said.get()

    async def ask(self, content: str) -> Message:
        """Say something and return what is said next."""
        asked = await self.chatbox.post("ada", content)
        assert await self.hear() == asked
        return await self.hear()


@pytest.fixture
async def room(tmp_path: Path) -> AsyncGenerator[Room, None]:
    room = Room(tmp_path)
    async with room.chatbox:
        yield room


async def test_a_plugin_answers_the_message_that_it_filters_for_and_is_named_in_its_own(room: Room) -> None:
    await room.chatbox.post("ada", "hello")
    assert (await room.hear()).metadata == {"user": "ada"}
    answer = await room.ask("say !example")
    assert (answer.content, answer.role) == ("Hello from example plugin!", "assistant")
    assert answer.metadata == {"plugin": "example-plugin"}
    assert [message.content for message in room.chatbox.archive.latest(2)] == ["say !example", answer.content]
    assert room.chatbox.host.plugin("example-plugin").permissions == (
        "messages:read",
        "messages:send",
        "storage:read",
        "storage:write",
    )


async def test_the_setting_that_it_registers_is_offered_with_its_label_and_switches_it_off(
    room: Room, caplog: pytest.LogCaptureFixture
) -> None:
    configuration = room.chatbox.host.configuration
    schema = configuration.schema("example-plugin").document
    assert schema["properties"]["enableFeature"] == {
        "type": "boolean",
        "default": True,
        "title": "Enable Example Feature",
    }
    await configuration.set("example-plugin", {"enableFeature": False})
    with caplog.at_level(logging.INFO, "plugin.example-plugin"):
        await room.chatbox.post("ada", "say !example")
        with anyio.fail_after(WAIT_S):
            while "asked for an example, and switched off" not in caplog.text:
                await room.chatbox.host.call("example-plugin", "greeted")
    await configuration.set("example-plugin", {"enableFeature": True})
    assert (await room.hear()).content == "say !example"
    assert (await room.ask("and now !example")).metadata["plugin"] == "example-plugin"


async def test_the_names_of_the_document_work_as_they_are_written_there(room: Room) -> None:
    host = room.chatbox.host
    assert (await room.ask("say !template")).content == "Hello from the template!"
    await host.configuration.set("template", {"answer": "Good day!"})
    assert await host.ui.invoke("template", "say-hello") is None
    assert (await room.hear()).content == "Good day!"
    with anyio.fail_after(WAIT_S):
        while await host.storage.get("template", "answered") != 2:
            await room.ask("say !score")
    found = {one.name: one for one in host.ui.contributions("widget", "sidebar-mid")}
    assert sorted(found) == ["example-widget", "template-widget"]
    assert (await host.ui.widget_data("example-plugin", "example-widget"))["value"] == 0
    assert await host.ui.widget_data("template", "template-widget") == {"text": "answered 2 times"}


async def test_a_plugin_that_depends_on_another_hears_its_events_and_calls_it(room: Room) -> None:
    await room.ask("say !example")
    assert (
        await room.ask("the !score")
    ).content == "1 greetings in all; the last one I heard of was number 1"
    with pytest.raises(HasDependants):
        await room.chatbox.host.unload("example-plugin")


async def test_a_dependency_that_is_not_there_is_named(room: Room) -> None:
    assert room.chatbox.host.plugin("orphan").state == "error"
    with pytest.raises(LoadFailed, match="needs plugin 'parent', which is not here"):
        await room.chatbox.host.load("orphan")
    assert "orphan" not in room.chatbox.active()


async def test_what_was_not_declared_or_what_the_policy_refuses_is_denied(room: Room) -> None:
    host = room.chatbox.host
    with pytest.raises(Denied, match="did not declare messages:read"):
        await host.call("nosy", "read")
    with pytest.raises(Denied, match="did not declare storage:write"):
        await host.call("nosy", "keep")
    assert host.plugin("nosy").refused_permissions == ("users:read",)


async def test_a_message_of_a_plugin_is_marked_as_its_own_whatever_it_says(room: Room) -> None:
    host = room.chatbox.host
    await host.call("nosy", "pretend")
    assert (await room.hear()).metadata == {"plugin": "nosy"}
    with pytest.raises(InvalidParams, match="role: found 'user'; allowed: assistant, system"):
        await host.call("nosy", "speak_as_a_user")


async def test_a_package_goes_into_one_text_and_back(room: Room, tmp_path: Path) -> None:
    blob = pack_blob(PLUGINS / "example")
    assert json.loads(blob)["manifest"]["permissions"][0]["resource"] == "messages"
    async with Chatbox(tmp_path / "other", []) as other:
        manifest = await other.installer.install(blob)
        assert (manifest.id, manifest.version) == ("example-plugin", "1.0.0")
        assert other.active() == ["example-plugin"]
        with pytest.raises(FileExistsError):
            await other.installer.install(blob)
    async with Chatbox(tmp_path / "other", []) as other:
        assert other.active() == ["example-plugin"], "it is still there after a restart"


def packed(version: str, code: str = "") -> bytes:
    """Return the example plugin as a package of another version; with other code, if that is given."""
    package = json.loads(pack_blob(PLUGINS / "example"))
    package["manifest"]["version"] = version
    del package["files"]["manifest.json"]
    package["files"]["main.py"] = code or package["files"]["main.py"]
    return json.dumps(package).encode()


async def test_an_update_keeps_what_was_there_and_goes_back_if_it_fails(tmp_path: Path) -> None:
    async with Chatbox(tmp_path, []) as chatbox:
        host, installer = chatbox.host, chatbox.installer
        await installer.install(packed("1.0.0"))
        await host.storage.set("example-plugin", "greeted", 7)
        with pytest.raises(ValueError, match="is not newer than"):
            await installer.update(packed("1.0.0"))
        await installer.update(packed("1.10.0"))
        assert host.plugin("example-plugin").version == "1.10.0"
        assert await host.call("example-plugin", "greeted") == 7
        with pytest.raises(LoadFailed, match="no such library"):
            await installer.update(packed("2.0.0", "raise ImportError('no such library')"))
        assert (host.plugin("example-plugin").version, chatbox.active()) == ("1.10.0", ["example-plugin"])
        assert {one.name for one in (tmp_path / "backups").iterdir()} == {
            "example-plugin-1.0.0",
            "example-plugin-1.10.0",
        }


async def test_a_package_that_asks_for_more_than_the_sandbox_is_not_installed(tmp_path: Path) -> None:
    package = json.loads(packed("1.0.0"))
    package["manifest"]["memory_limit"] = "51m"
    async with Chatbox(tmp_path, []) as chatbox:
        with pytest.raises(ValueError, match="asks for more than the sandbox allows"):
            await chatbox.installer.install(json.dumps(package).encode())
        assert list((tmp_path / "plugins").iterdir()) == []


@pytest.mark.parametrize("missing", ["manifest", "files"])
async def test_a_package_without_a_part_is_refused_with_its_name(tmp_path: Path, missing: str) -> None:
    package = json.loads(pack_blob(PLUGINS / "example"))
    del package[missing]
    async with Chatbox(tmp_path, []) as chatbox:
        with pytest.raises(ManifestError) as caught:
            await chatbox.installer.install(json.dumps(package).encode())
        assert missing in {fault.path for fault in caught.value.faults}
        assert list((tmp_path / "plugins").iterdir()) == []


async def test_what_is_used_is_counted_and_the_most_used_are_listed(room: Room) -> None:
    for _ in range(3):
        await room.ask("say !example")
    host = room.chatbox.host
    with anyio.fail_after(WAIT_S):
        while len(room.chatbox.archive.usage()) < 3:
            await host.call("hangs", "greet")
    assert room.chatbox.archive.usage() == [("example-plugin", "greet")] * 3
    await host.call("example-plugin", "greeted")
    host.analytics.track_error("example-plugin", OSError("no disk"))
    stats = host.analytics.stats("example-plugin")
    assert (stats.actions["greet"].count, stats.methods["greeted"], stats.errors) == (3, 1, 1)
    assert stats.last_used is not None
    popular = dict(host.analytics.popular())
    assert popular["example-plugin"] == stats.invocations == 5
    assert len(popular) <= 10
    assert stats in host.analytics.all()


async def test_a_plugin_that_hangs_costs_its_caller_the_time_limit_and_nothing_else(room: Room) -> None:
    assert SANDBOX.call_timeout_s == 5.0
    with pytest.raises(DeadlineExceeded, match=r"hangs\.ask did not answer within 0\.5 s"):
        await room.chatbox.host.call("hangs", "ask")
    assert await room.chatbox.host.call("hangs", "greet") == "I still answer this"
    assert (await room.ask("say !example")).metadata["plugin"] == "example-plugin"


async def test_five_seconds_are_the_limit_of_a_plugin_that_says_nothing_of_it(tmp_path: Path) -> None:
    async with Chatbox(tmp_path, [MISBEHAVING / "hangs"]) as chatbox:
        with pytest.raises(DeadlineExceeded, match=r"hangs\.ask did not answer within 5 s"):
            await chatbox.host.call("hangs", "ask")
        assert await chatbox.host.call("hangs", "greet") == "I still answer this"


async def test_a_plugin_that_eats_memory_is_ended_and_comes_back(room: Room) -> None:
    host = room.chatbox.host
    assert host.plugin("hungry").limits.memory_bytes == 50 * 1024 * 1024
    with host.changes() as changes, anyio.fail_after(WAIT_S):
        with pytest.raises(PluginDied):
            await host.call("hungry", "eat", timeout_s=15)
        while (change := await anext(changes)).new != "backoff":
            pass
        assert "is over its limit of 50 MiB" in change.reason
        while host.plugin("hungry").state != "active":
            await anext(changes)
    assert await host.call("hungry", "greet") == "I am back"
    assert (await room.ask("say !example")).metadata["plugin"] == "example-plugin"
