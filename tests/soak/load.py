"""Load: callers that do, at random, what callers do, and pause when they are asked to."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable

import anyio

from host import CallError, DeadlineExceeded, PluginHost, StateError

BIG = "x" * 300_000


class Load:
    """Callers of one host. `pause` ends when none is at work; `go_on` lets them work again."""

    def __init__(self, host: PluginHost, plugins: list[str], callers: int, seed: int) -> None:
        self._host = host
        self._plugins = plugins
        self._callers = callers
        self._random = random.Random(seed)
        self._at_work = 0
        self._may_work = anyio.Event()
        self._all_paused = anyio.Event()
        self._paused = True
        self.done: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()

    async def run(self) -> None:
        """Work until cancelled."""
        async with anyio.create_task_group() as tasks:
            for _ in range(self._callers):
                tasks.start_soon(self._call_on)

    def go_on(self) -> None:
        """Let the callers work."""
        self._paused = False
        self._all_paused = anyio.Event()
        self._may_work.set()

    async def pause(self) -> None:
        """Stop the callers, each after what it is doing."""
        self._paused = True
        self._may_work = anyio.Event()
        if self._at_work:
            await self._all_paused.wait()

    async def _call_on(self) -> None:
        jobs: list[Callable[[str], Awaitable[object]]] = [
            self._echo,
            self._echo_much,
            self._cancel,
            self._expire,
            self._stream,
            self._leave_stream,
            self._relay,
            self._relay_stream,
            self._block,
            self._chat,
            self._ask,
        ]
        while True:
            if self._paused:
                await self._may_work.wait()
            job = self._random.choice(jobs)
            self._at_work += 1
            try:
                await job(self._random.choice(self._plugins))
                self.done[job.__name__.strip("_")] += 1
            except (CallError, StateError) as exc:
                self.failed[exc.code] += 1
            finally:
                self._at_work -= 1
                if self._paused and not self._at_work:
                    self._all_paused.set()

    async def _echo(self, plugin: str) -> None:
        for n in range(20):
            assert await self._host.call(plugin, "echo", {"value": n}) == n

    async def _echo_much(self, plugin: str) -> None:
        assert await self._host.call(plugin, "echo", {"value": BIG}) == BIG

    async def _cancel(self, plugin: str) -> None:
        with anyio.move_on_after(0.005):
            await self._host.call(plugin, "hang")

    async def _expire(self, plugin: str) -> None:
        try:
            await self._host.call(plugin, "hang", timeout_s=0.02)
        except DeadlineExceeded:
            return
        raise AssertionError("a call that nobody answers came back")

    async def _stream(self, plugin: str) -> None:
        items = [item async for item in self._host.stream(plugin, "count", {"upto": 200})]
        assert items == [*range(200)]

    async def _leave_stream(self, plugin: str) -> None:
        stream = self._host.stream(plugin, "count", {"upto": 1_000_000})
        try:
            for n in range(3):
                assert await anext(stream) == n
        finally:
            await stream.aclose()

    async def _relay(self, plugin: str) -> None:
        other = self._random.choice(self._plugins)
        assert await self._host.call(plugin, "relay", {"plugin": other, "value": 1}) == 1

    async def _relay_stream(self, plugin: str) -> None:
        other = self._random.choice(self._plugins)
        stream = self._host.stream(plugin, "relay_stream", {"plugin": other, "upto": 50})
        assert [item async for item in stream] == [*range(50)]

    async def _block(self, plugin: str) -> None:
        assert await self._host.call(plugin, "block") == "done"

    async def _chat(self, plugin: str) -> None:
        await self._host.call(plugin, "chat", {"lines": 20})

    async def _ask(self, plugin: str) -> None:
        assert await self._host.call(plugin, "ask", {"calls": 5}) == 5
