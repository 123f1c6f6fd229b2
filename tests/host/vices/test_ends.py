"""Vices that show when a plugin is to stop: the ladder goes on until nothing is left."""

import anyio

from host import Timing
from host.facade import ExitFacts
from tests.host.vices.conftest import WAIT_S, Vice, Vices


def _stopped(vice: Vice) -> ExitFacts:
    view = vice.view
    assert (view.state, view.reason, view.pid, view.wanted) == ("discovered", "", None, "stopped")
    facts = view.last_exit
    assert facts is not None
    assert (facts.cause, facts.detail, facts.survivors) == ("stopped", "it was asked to stop", ())
    return facts


async def test_what_ignores_every_polite_request_is_killed_at_the_end_of_the_ladder(vices: Vices) -> None:
    async with vices("ignores-term", timing=Timing(close_stdin_s=0.3, terminate_s=0.3)) as vice:
        await vice.load()
        await vice.unload()
        assert _stopped(vice).exit_text == "was killed by SIGKILL"


async def test_each_further_stop_goes_on_to_the_next_rung(vices: Vices) -> None:
    async with vices("ignores-term", timing=Timing(close_stdin_s=600.0, terminate_s=600.0)) as vice:
        await vice.load()
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(vice.host.unload, "ignores-term")
                await vice.wait_state("unloading")
                while vice.view.state == "unloading":
                    tasks.start_soon(vice.host.unload, "ignores-term")
                    await vice.greet()
        assert _stopped(vice).exit_text == "was killed by SIGKILL"


async def test_an_unloading_that_never_ends_is_said_and_passed_over(vices: Vices) -> None:
    async with vices("hangs-in-on-unload", timing=Timing(unload_s=0.3)) as vice:
        await vice.load()
        await vice.unload()
        assert _stopped(vice).exit_text == "exited with code 0"
        (record,) = vice.log.find("plugin.unload failed")
        assert record.name == "plugin.hangs-in-on-unload"
        assert record.levelname == "WARNING"
        assert "plugin.unload did not answer within 0.3 s" in record.getMessage()


async def test_an_unloading_that_raises_is_logged_and_ends_cleanly(vices: Vices) -> None:
    async with vices("raises-in-on-unload") as vice:
        await vice.load()
        await vice.unload()
        assert _stopped(vice).exit_text == "exited with code 0"
        (told,) = vice.log.find("plugin.unload failed")
        (explained,) = vice.log.find("plugin.unload raised RuntimeError")
        assert "the connection was closed already" in explained.getMessage()
        assert "the connection" not in told.getMessage()
        assert vars(explained)["fields"]["incident"] in told.getMessage()


async def test_what_escaped_its_group_and_its_session_is_gone_after_unloading(vices: Vices) -> None:
    async with vices("double-setsid") as vice:
        await vice.load()
        escapee = await vice.call("escape")
        vice.pids.add(escapee)
        await vice.greet()
        await vice.unload()
        assert _stopped(vice).exit_text == "exited with code 0"
        await vice.wait_gone(escapee)
