"""Vices that end the process, or the wire, in the middle of things."""

import pytest

from host import Timing
from host.errors import DeadlineExceeded, LoadFailed, NotActive, PluginDied
from tests.host.vices.conftest import Vices


async def test_a_death_fails_the_call_with_all_that_is_known_and_is_followed_by_a_restart(
    vices: Vices,
) -> None:
    async with vices("exits-7") as vice:
        await vice.load()
        assert await vice.call("answer") == 42
        error = await vice.refuse("leave")
        assert type(error) is PluginDied
        assert error.data["plugin"] == "exits-7"
        assert error.data["exit_code"] == 7
        assert error.data["signal"] is None
        assert error.data["last_method"] == "leave"
        assert error.data["uptime_s"] > 0.0
        assert error.data["stderr"] == ("about to leave with code 7",)
        assert error.message.startswith("plugin 'exits-7' exited with code 7 after ")
        assert error.message.endswith("last call leave\n  | about to leave with code 7")

        change = await vice.wait_state("backoff")
        assert change.reason == "it exited with code 7"
        refused = await vice.refuse("answer")
        assert type(refused) is NotActive
        assert refused.data["state"] == "backoff"
        assert "it exited with code 7" in refused.message
        view = vice.view
        assert view.pid is None
        assert view.retry_in_s is not None
        assert view.restarts == 1
        facts = view.last_exit
        assert facts is not None
        assert (facts.cause, facts.detail) == ("crashed", "it exited with code 7")
        assert (facts.exit_text, facts.code, facts.signal) == ("exited with code 7", 7, None)
        assert (facts.last_method, facts.survivors) == ("leave", ())
        assert facts.stderr == ("about to leave with code 7",)
        assert facts.uptime_s > 0.0
        await vice.greet()

        await vice.wait_state("active")
        assert await vice.call("answer") == 42


async def test_a_crash_is_told_by_the_name_of_its_signal(vices: Vices) -> None:
    async with vices("segfault") as vice:
        await vice.load()
        error = await vice.refuse("fall")
        assert type(error) is PluginDied
        assert (error.data["exit_code"], error.data["signal"]) == (None, "SIGSEGV")
        assert "was killed by SIGSEGV" in error.message
        assert (await vice.wait_state("backoff")).reason == "it was killed by SIGSEGV"
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.signal, facts.code) == ("crashed", "SIGSEGV", None)
        assert (facts.exit_text, facts.last_method) == ("was killed by SIGSEGV", "fall")
        await vice.greet()
        await vice.wait_state("active")
        assert await vice.call("answer") == 42


async def test_a_death_while_loading_says_what_the_plugin_said_last(vices: Vices) -> None:
    async with vices("exits-in-on-load") as vice:
        error = await vice.load(expect=LoadFailed)
        assert error is not None
        assert "exited with code 4 while it was starting" in error.message
        assert "the database is not there" in error.message
        assert "the host tries again in" in error.remedy
        assert (await vice.wait_state("backoff")).reason == "it exited with code 4 while it was starting"
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.code) == ("crashed", 4)
        assert facts.stderr == ("the database is not there",)
        await vice.greet()
        await vice.wait_state("loading")
        await vice.wait_state("backoff")
        assert vice.view.restarts == 2


async def test_a_grandchild_that_holds_the_pipes_does_not_hide_the_end(vices: Vices) -> None:
    async with vices("forks-grandchild") as vice:
        await vice.load()
        grandchild = await vice.call("fork")
        vice.pids.add(grandchild)
        assert (await vice.wait_state("backoff")).reason == "it exited with code 0"
        await vice.wait_gone(grandchild)
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.code, facts.survivors) == ("crashed", 0, ())
        await vice.greet()
        await vice.wait_state("active")
        assert await vice.call("answer") == 42


async def test_half_an_answer_is_no_answer_and_costs_nobody_else(vices: Vices) -> None:
    async with vices("half-a-frame") as vice:
        await vice.load()
        assert await vice.call("answer") == 42
        assert type(await vice.refuse("half", timeout_s=0.3)) is DeadlineExceeded
        assert type(await vice.refuse("answer", timeout_s=0.3)) is DeadlineExceeded
        assert vice.view.figures.faults == 0
        await vice.greet()
        await vice.host.kill("half-a-frame")
        assert vice.view.state == "discovered"


async def test_half_an_answer_and_then_death_is_a_death(vices: Vices) -> None:
    async with vices("half-a-frame") as vice:
        await vice.load()
        error = await vice.refuse("half_and_exit")
        assert type(error) is PluginDied
        assert (error.data["exit_code"], error.data["last_method"]) == (0, "half_and_exit")
        await vice.wait_state("backoff")
        await vice.greet()
        await vice.wait_state("active")
        assert await vice.call("answer") == 42


async def test_a_plugin_that_closes_its_wire_and_lives_on_is_ended(vices: Vices) -> None:
    async with vices("closes-stdout", timing=Timing(closed_wire_s=0.3)) as vice:
        await vice.load()
        assert await vice.call("close") == "closing"
        error = await vice.refuse("answer")
        assert type(error) is PluginDied
        why = "it closed its side of the wire and went on running"
        assert (await vice.wait_state("backoff")).reason == why
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.detail) == ("protocol_faults", why)
        assert facts.exit_text == "was killed by SIGTERM"
        await vice.greet()
        await vice.wait_state("active")
        assert await vice.call("answer") == 42


@pytest.mark.parametrize("verb", ["unload", "kill"])
async def test_stopping_beats_the_restart_that_is_due(vices: Vices, verb: str) -> None:
    async with vices("exits-7") as vice:
        await vice.load()
        await vice.refuse("leave")
        await vice.wait_state("backoff")
        await getattr(vice.host, verb)("exits-7")
        view = vice.view
        assert (view.state, view.wanted, view.retry_in_s) == ("discovered", "stopped", None)
