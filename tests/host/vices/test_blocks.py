"""Vices that stop answering altogether: pings tell, stacks are dumped, a restart follows."""

from host import Timing
from host.errors import PluginDied
from tests.host.vices.conftest import Vices

PINGS = Timing(ping_every_s=0.3, ping_timeout_s=0.3)


async def test_a_blocked_event_loop_is_named_dumped_and_restarted(vices: Vices) -> None:
    async with vices("spins", timing=PINGS) as vice:
        await vice.load()
        error = await vice.refuse("spin")
        assert type(error) is PluginDied
        assert (error.data["signal"], error.data["last_method"]) == ("SIGKILL", "spin")
        change = await vice.wait_state("unresponsive")
        assert change.reason == "event loop blocked in spin"
        change = await vice.wait_state("backoff")
        assert change.reason == "event loop blocked in spin: 3 pings in a row had no answer"
        assert len(vice.log.find("no answer to a ping")) == 2
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.detail) == ("unresponsive", change.reason)
        assert (facts.exit_text, facts.last_method) == ("was killed by SIGKILL", "spin")
        (place,) = (line for line in facts.stderr if line.endswith(" in spin"))
        assert "spins/main.py" in place
        await vice.greet()
        await vice.wait_state("active")
        assert await vice.call("answer") == 42
        assert vice.view.restarts == 1


async def test_a_plugin_that_stopped_itself_is_restarted(vices: Vices) -> None:
    async with vices("stops-itself", timing=PINGS) as vice:
        await vice.load()
        error = await vice.refuse("stop")
        assert type(error) is PluginDied
        assert error.data["signal"] == "SIGKILL"
        assert (await vice.wait_state("unresponsive")).reason == "event loop blocked in stop"
        await vice.wait_state("backoff")
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.exit_text) == ("unresponsive", "was killed by SIGKILL")
        await vice.greet()
        await vice.wait_state("active")
        assert await vice.call("answer") == 42


async def test_a_plugin_that_stopped_itself_can_be_unloaded(vices: Vices) -> None:
    timing = Timing(drain_s=0.3, unload_s=0.3, close_stdin_s=0.3, terminate_s=0.3)
    async with vices("stops-itself", timing=timing) as vice:
        await vice.load()
        await vice.refuse("stop", timeout_s=0.3)
        await vice.greet()
        await vice.unload()
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.exit_text) == ("stopped", "was killed by SIGKILL")
        assert facts.survivors == ()
