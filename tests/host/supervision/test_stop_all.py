"""The end of a host: a bounded number of plugins at a time, and nobody who hangs holds the others up."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import anyio
import pytest

from host import PluginHost
from host.supervision import roster, stop_turns
from host.timing import Timing
from tests.host.supervision.gate import HELD_IN_UNLOAD, Gate

Write = Callable[..., Path]

NEVER_S = 3_600.0
PLUGINS = 4
AT_A_TIME = 2


@pytest.fixture
async def host(
    plugins: Path, write_plugin: Write, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[PluginHost]:
    """A host whose plugins hang in their unload; whoever uses it closes it."""
    monkeypatch.setattr(roster, "MAX_PARALLEL_STOPS", AT_A_TIME)
    for number in range(PLUGINS):
        write_plugin(f"p{number}", HELD_IN_UNLOAD)
    one = PluginHost(plugins=[plugins], autoload=True, timing=Timing(unload_s=NEVER_S))
    await one.__aenter__()
    yield one
    one.hasten()
    await one.aclose()


def states(host: PluginHost) -> list[str]:
    return sorted(view.state for view in host.plugins())


async def test_those_that_wait_for_their_turn_are_active_until_it_comes(
    host: PluginHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop_turns, "STOP_TURN_S", NEVER_S)
    gate = Gate(host)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(host.aclose)
            await gate.until_entered(AT_A_TIME)
            assert states(host) == ["active"] * (PLUGINS - AT_A_TIME) + ["unloading"] * AT_A_TIME
            gate.open()
    assert gate.entered == PLUGINS
    assert gate.most_inside == AT_A_TIME


async def test_one_that_hangs_makes_way_for_the_next(host: PluginHost) -> None:
    gate = Gate(host)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(host.aclose)
            await gate.until_entered(PLUGINS)
            assert states(host) == ["unloading"] * PLUGINS
            gate.open()


async def test_a_host_that_is_hastened_lets_nobody_wait_for_a_turn(
    host: PluginHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stop_turns, "STOP_TURN_S", NEVER_S)
    gate = Gate(host)
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(host.aclose)
            await gate.until_entered(AT_A_TIME)
            host.hasten()
    assert host.plugins() == ()
