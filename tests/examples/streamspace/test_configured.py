"""The configuration samples of the guide: what is required, what switches off, and where a key comes from."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from examples.streamspace.outside import Asked
from examples.streamspace.service import PLUGINS, StreamSpace
from host import LoadFailed, LoadRefused
from tests.examples.streamspace.conftest import WAIT_S, Start

Next = Callable[[], Awaitable[Asked]]


async def test_a_plugin_that_is_switched_off_sends_nothing_until_it_is_on_again(
    start: Start, asked: Next
) -> None:
    async with start("configured", config={"configured": {"enabled": False}}) as service:
        await service.sessions.create("ada", "firefox-browser")
        # An event leaves in the loop's next turn: a question first, so that it has left.
        await service.host.health("configured")
        with anyio.fail_after(WAIT_S):
            while any(one.waiting for one in await service.host.events.lag("configured")):
                await service.host.health("configured")
        await service.host.configuration.set("configured", {"enabled": True})
        second = await service.sessions.create("ada", "support-workspace")
        assert (await asked()).body["id"] == second.id


async def test_the_key_may_come_from_the_environment_of_the_host(
    start: Start, asked: Next, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLUGHOST_CONFIG_CONFIGURED__APIKEY", "key-of-the-environment")
    async with start("configured") as service:
        await service.sessions.create("ada", "firefox-browser")
        assert (await asked()).authorization == "Bearer key-of-the-environment"
        assert service.host.configuration.get("configured")["apiKey"] == "•••"


async def test_a_key_that_is_missing_is_named_and_nothing_is_started(tmp_path: Path) -> None:
    config = {"configured": {"webhookUrl": "https://example.com/"}}
    async with StreamSpace(tmp_path, plugins=[PLUGINS / "configured"], config=config) as service:
        view = service.host.plugin("configured")
        assert (view.state, view.pid) == ("error", None)
        with pytest.raises((LoadFailed, LoadRefused), match="apiKey"):
            await service.host.load("configured")
