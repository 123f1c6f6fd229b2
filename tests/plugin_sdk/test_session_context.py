"""The context that a method is given: what it tells of the call, and what can be done with it."""

import asyncio
import threading
import time
from typing import Any

import pytest

from plugin_sdk import Context, Plugin, method
from protocol.messages.meta import Progress
from tests.plugin_sdk.session_host import started


class Contexts(Plugin):
    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.entered = threading.Event()
        self.kept: Context | None = None

    @method
    async def about(self, a: int, ctx: Context, b: int = 2) -> list[Any]:
        left = ctx.remaining_s()
        return [a, b, ctx.method, ctx.traceparent, ctx.request_id, left is None or left > 1, ctx.cancelled]

    @method
    def until_cancelled(self, ctx: Context) -> None:
        ctx.on_cancel(lambda: self.seen.append("callback"))
        self.entered.set()
        while not ctx.cancelled:
            time.sleep(0.001)
        self.seen.append("cancelled")

    @method(inline=True)
    def look(self) -> list[Any]:
        return [self.entered.is_set(), *self.seen]

    @method
    def works(self, ctx: Context) -> None:
        ctx.progress("in a thread", 0.5)

    @method
    async def works_on_loop(self, ctx: Context) -> None:
        ctx.progress("on the loop")


async def test_a_context_tells_about_the_call() -> None:
    async with started(Contexts) as host:
        result = await host.call("about", {"a": 1, "b": 3}, meta=b',"traceparent":"t"')
        request_id = result.pop(4)
        assert isinstance(request_id, int)
        assert result == [1, 3, "about", "t", True, False]
        host.peer.outgoing.sends_meta = False
        assert (await host.call("about", {"a": 1}))[3] is None


async def test_a_cancelled_thread_sees_it() -> None:
    async with started(Contexts) as host:
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(host.call("until_cancelled"))
            while not (await host.call("look"))[0]:
                pass
            call.cancel()
        while len(look := await host.call("look")) < 3:
            pass
        assert sorted(look[1:]) == ["callback", "cancelled"]


@pytest.mark.parametrize("name", ["works", "works_on_loop"])
async def test_progress_reaches_the_host(name: str) -> None:
    async with started(Contexts) as host:
        seen: list[Progress] = []
        await host.call(name, on_progress=seen.append)
        assert [progress.message for progress in seen] == [
            "in a thread" if name == "works" else "on the loop"
        ]
