"""What happens to one plugin does not disturb the calls of another."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from host import LoadRefused, PluginDied, PluginHost, PluginView

Until = Callable[..., Awaitable[PluginView]]
Write = Callable[..., Path]

STEADY = """
class Steady(Plugin):
    @method
    async def double(self, number: int) -> int:
        return 2 * number

    @method
    async def held(self) -> str:
        await self.host.gate.enter()
        return "done"
"""


async def test_calls_of_a_plugin_all_succeed_while_others_load_crash_and_are_killed(
    plugins: Path, examples: Path, write_plugin: Write, until: Until
) -> None:
    write_plugin("steady", STEADY)
    write_plugin("refused", "import no_such_module\nclass Refused(Plugin): ...\n")
    entered, opened, over = anyio.Event(), anyio.Event(), anyio.Event()
    answers: list[int] = []
    places = [plugins, examples / "crasher", examples / "hello"]
    async with PluginHost(plugins=places) as host:

        @host.api("gate.enter")
        async def enter() -> None:  # pyright: ignore[reportUnusedFunction]
            entered.set()
            await opened.wait()

        async def hold() -> None:
            assert await host.call("steady", "held", timeout_s=50.0) == "done"

        async def keep_calling() -> None:
            while not over.is_set():
                number = len(answers)
                answers.append(await host.call("steady", "double", {"number": number}, timeout_s=50.0))

        await host.load("steady")
        session = host.plugin("steady").session
        with anyio.fail_after(50):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(hold)
                tasks.start_soon(keep_calling)
                await entered.wait()
                await host.load("crasher")
                with pytest.raises(PluginDied):
                    await host.call("crasher", "crash")
                await until(host, "crasher", "backoff")
                with pytest.raises(LoadRefused):
                    await host.load("refused")
                await host.load("hello")
                await host.kill("hello")
                await host.load("hello")
                await host.restart("hello")
                await host.unload("hello")
                opened.set()
                over.set()

        assert answers == [2 * number for number in range(len(answers))]
        assert len(answers) > 10
        view = host.plugin("steady")
        assert (view.session, view.figures.errors, view.restarts) == (session, 0, 0)
