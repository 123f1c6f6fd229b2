"""What a function of the embedding program that handles events inherits from whoever emits: nothing."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio

from host import PluginHost
from host.ids import PluginId, SessionId
from host.routing.serving import Served, served

Write = Callable[..., Path]
WAIT_S = 20.0

EMITTER = """
class Emitter(Plugin):
    @method
    async def work(self) -> str:
        await self.events.emit("done", {"n": 1})
        return "worked"

    @method
    async def state(self) -> str:
        return "fine"
"""


async def test_a_handler_has_its_own_budget_and_trail_whoever_emits_the_event(plugins: Path) -> None:
    host = PluginHost([plugins])
    seen: list[Any] = []
    done = anyio.Event()

    @host.on("a")
    async def handle(data: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        seen.append(served.get())
        done.set()

    async with host:
        until = time.monotonic()
        served.set(Served(PluginId("one"), SessionId("1"), 1, None, until))
        await host.emit("a")
        with anyio.fail_after(WAIT_S):
            await done.wait()
    assert seen == [None]


async def test_a_handler_may_call_the_plugin_that_emits_while_it_serves_a_call(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("emitter", EMITTER)
    host = PluginHost([plugins], autoload=True)
    answers: list[Any] = []
    done = anyio.Event()

    @host.on("plugin.emitter.done")
    async def handle(data: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        try:
            answers.append(await host.call("emitter", "state"))
        finally:
            done.set()

    async with host:
        assert await host.call("emitter", "work", timeout_s=2.0) == "worked"
        with anyio.fail_after(WAIT_S):
            await done.wait()
    assert answers == ["fine"]
