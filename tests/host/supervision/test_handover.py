"""Handover: a new run takes over from the one that serves, or the one that serves is not touched."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import PluginHost
from host.errors import (
    HandoverFailed,
    PlughostError,
    PluginDied,
)
from host.timing import Timing
from tests.host.supervision.two_runs import WAIT_S, Write, ended, says

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]


async def test_no_call_fails_while_ten_reloads_happen_and_no_answer_is_of_the_past(
    plugins: Path, write_plugin: Write, left_over: Callable[[], list[str]]
) -> None:
    write_plugin("says", says(0))
    answers: list[tuple[int, int]] = []
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        reloaded = 0
        done = False

        async def hammer() -> None:
            while not done:
                begun_after = reloaded
                answers.append((begun_after, await host.call("says", "word")))

        with anyio.fail_after(80):
            async with anyio.create_task_group() as tasks:
                for _ in range(16):
                    tasks.start_soon(hammer)
                for number in range(1, 11):
                    write_plugin("says", says(number))
                    await host.reload("says")
                    reloaded = number
                    assert await host.call("says", "word") == number
                while answers[-1][1] != 10:
                    await anyio.lowlevel.checkpoint()
                done = True
        assert host.plugin("says").state == "active"
    assert len(answers) > 100
    assert all(begun <= word <= begun + 1 for begun, word in answers)
    assert {word for _, word in answers} >= {0, 10}
    assert left_over() == []


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("class Says(Plugin", "main.py"),
        (says(2, "    async def on_load(self):\n        raise ValueError('no such luck')"), "no such luck"),
        (
            says(2, "    def on_health(self):\n        return {'status': 'unhealthy', 'reason': 'no pulse'}"),
            "no pulse",
        ),
        (says(2, "    async def on_load(self):\n        import os\n        os._exit(7)"), "code 7"),
        (
            says(2, "    async def on_load(self):\n        import asyncio\n        await asyncio.sleep(600)"),
            "plugin.load",
        ),
        (
            says(
                2, "    async def on_health(self):\n        import asyncio\n        await asyncio.sleep(600)"
            ),
            "health check",
        ),
    ],
    ids=["syntax", "on_load", "unhealthy", "crash", "hang", "hanging health check"],
)
async def test_a_run_that_fails_leaves_the_one_that_serves_untouched(
    plugins: Path, write_plugin: Write, code: str, shown: str
) -> None:
    write_plugin("says", says(1))
    async with PluginHost(plugins=[plugins], autoload=True, timing=Timing(load_s=1.0, health_s=1.0)) as host:
        before = host.plugin("says")
        write_plugin("says", code)
        with pytest.raises(HandoverFailed) as caught, anyio.fail_after(WAIT_S):
            await host.reload("says")
        assert shown in str(caught.value)
        after = host.plugin("says")
        assert (after.state, after.pid, after.restarts, after.beside) == ("active", before.pid, 0, ())
        assert await host.call("says", "word") == 1
        write_plugin("says", says(3))
        await host.reload("says")
        assert await host.call("says", "word") == 3


async def test_a_call_under_way_is_answered_by_the_former_run_which_goes_after_it(
    plugins: Path, write_plugin: Write
) -> None:
    gated = """
import asyncio
class Says(Plugin):
    async def on_load(self):
        self.gate = asyncio.Event()
    @method
    async def word(self) -> Any:
        await self.gate.wait()
        return "former"
    @method
    async def open(self) -> None:
        self.gate.set()
    @method
    async def ready(self) -> None:
        await self.events.emit("says.ready", {})
"""
    write_plugin("says", gated, 'permissions = ["events:emit:says.ready"]\n')
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        pid = host.plugin("says").pid
        assert pid is not None
        session = host._roster.get("says").live()  # pyright: ignore[reportPrivateUsage]
        answers: list[Any] = []

        async def call() -> None:
            answers.append(await host.call("says", "word", timeout_s=20))

        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                while session.peer.outgoing.unanswered() != ["word"]:  # noqa: ASYNC110
                    await anyio.sleep(0.005)
                write_plugin("says", says("new"), 'permissions = ["events:emit:says.ready"]\n')
                await host.reload("says")
                view = host.plugin("says")
                assert view.pid != pid
                assert [(one.pid, one.phase) for one in view.beside] == [(pid, "ending")]
                assert view.state == "active"
                assert "former run" in view.reason
                assert await host.call("says", "word") == "new"
                await session.peer.outgoing.request("open", b"{}", timeout_s=5)
        assert answers == ["former"]
        await ended(pid)


async def test_a_former_run_that_never_drains_is_ended_and_its_calls_say_so(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin(
        "says",
        says(
            1,
            "    @method\n    async def hang(self) -> None:\n"
            "        import asyncio\n        await asyncio.sleep(600)",
        ),
    )
    timing = Timing(replaced_drain_s=0.5)
    async with PluginHost(plugins=[plugins], autoload=True, timing=timing) as host:
        pid = host.plugin("says").pid
        assert pid is not None
        failures: list[PlughostError] = []

        async def hang() -> None:
            try:
                await host.call("says", "hang", timeout_s=60)
            except PlughostError as exc:
                failures.append(exc)

        session = host._roster.get("says").live()  # pyright: ignore[reportPrivateUsage]
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(hang)
                while not session.peer.outgoing.in_flight:  # noqa: ASYNC110
                    await anyio.sleep(0.005)
                write_plugin("says", says(2))
                await host.reload("says")
        assert [type(one) for one in failures] == [PluginDied]
        await ended(pid)
        assert host.plugin("says").state == "active"
        assert host.plugin("says").restarts == 0
