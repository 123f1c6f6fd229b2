"""A host that is killed in the middle loses no event that it acknowledged."""

import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from host import PluginHost
from tests.host.routing.heard import WAIT_S, Heard

Write = Callable[..., Path]
EMITTER = Path(__file__).with_name("killed_emitter.py")
ROOT = Path(__file__).parents[3]

KEEPER = """
from plugin_sdk import on

class Keeper(Plugin):
    @on("order.paid", durable=True)
    async def orders(self, number: int):
        await self.host.test.heard({ARGS})
"""


async def emit_and_kill(plugins: Path, data: Path, lines: int) -> tuple[set[int], list[int]]:
    """Kill a host that has printed so many lines; return what was acknowledged and what was handled."""
    emitted: set[int] = set()
    handled: list[int] = []
    command = [sys.executable, str(EMITTER), str(plugins), str(data)]
    async with await anyio.open_process(
        command, stderr=None, cwd=ROOT, env={"PYTHONPATH": str(ROOT)}
    ) as host:
        assert host.stdout is not None
        text = b""
        with anyio.fail_after(WAIT_S):
            while text.count(b"\n") < lines:
                text += await host.stdout.receive()
            host.kill()
            try:
                while True:
                    text += await host.stdout.receive()
            except anyio.EndOfStream:
                pass
    for line in text.decode().splitlines():
        kind, number = line.split()
        if kind == "emitted":
            emitted.add(int(number))
        else:
            handled.append(int(number))
    return emitted, handled


@pytest.mark.parametrize("lines", [1, 40, 300, 800])
async def test_after_kill_9_every_acknowledged_event_is_handled_and_few_twice(
    plugins: Path, tmp_path: Path, write_plugin: Write, lines: int
) -> None:
    write_plugin("keeper", KEEPER.replace("{ARGS}", "number=number"))
    data = tmp_path / "data"
    emitted, handled = await emit_and_kill(plugins, data, lines)
    write_plugin("keeper", KEEPER.replace("{ARGS}", 'kind="order", data=number'))
    host = PluginHost([plugins], data=data)
    heard = Heard(host)
    async with host:
        await host.load("keeper")
        await host.emit("order.paid", -1)
        with anyio.fail_after(WAIT_S):
            while ("order", -1) not in heard.all:
                await heard.until(len(heard.all) + 1)
    later = [number for _, number in heard.all]
    assert emitted <= {*handled, *later}, "an acknowledged event was lost"
    assert len({*handled} & {*later}) <= 64, "more than one batch came twice"
