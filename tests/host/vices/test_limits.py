"""Vices of consumption: a limit is broken, the figures are said, the limit's act follows."""

from contextlib import suppress

import anyio

from host import Timing
from host.errors import DeadlineExceeded, PluginDied, Quarantined
from tests.host.vices.conftest import WAIT_S, Vice, Vices

MEMORY_BREACH = " is over its limit of 64 MiB "


async def _eaten_and_restarted(vice: Vice) -> None:
    """After `eat`: said with figures, ended, told, brought back."""
    change = await vice.wait_state("backoff")
    assert change.reason.startswith("memory ")
    assert MEMORY_BREACH in change.reason
    assert change.reason.endswith("; the host restarts it")
    record = await vice.log.wait(MEMORY_BREACH)
    assert record.getMessage() == change.reason
    assert vars(record)["fields"]["rss_bytes"] > 64 * 1024 * 1024
    (ended,) = vice.log.find(f"active -> backoff: {change.reason}")
    records = vice.log.records
    assert records.index(record) < records.index(ended)
    facts = vice.view.last_exit
    assert facts is not None
    assert (facts.cause, facts.detail) == ("limit", change.reason)
    assert (facts.exit_text, facts.survivors) == ("was killed by SIGKILL", ())
    assert facts.peak_memory_bytes is not None
    assert facts.peak_memory_bytes > 64 * 1024 * 1024
    await vice.greet()
    await vice.wait_state("active")
    assert await vice.call("answer") == 42


async def test_a_plugin_that_eats_memory_is_restarted(vices: Vices) -> None:
    async with vices("eats-memory") as vice:
        await vice.load()
        error = await vice.refuse("eat")
        assert type(error) is PluginDied
        assert (error.data["signal"], error.data["last_method"]) == ("SIGKILL", "eat")
        await _eaten_and_restarted(vice)
        assert vice.view.restarts == 1


async def test_a_childs_memory_counts_as_the_plugins(vices: Vices) -> None:
    async with vices("eats-memory-in-child") as vice:
        await vice.load()
        child = await vice.call("eat")
        vice.pids.add(child)
        await _eaten_and_restarted(vice)
        await vice.wait_gone(child)


async def test_three_ends_for_a_broken_limit_lead_to_quarantine(vices: Vices) -> None:
    async with vices("eats-memory") as vice:
        await vice.load()
        for _ in range(2):
            assert type(await vice.refuse("eat")) is PluginDied
            await vice.wait_state("active")
        assert type(await vice.refuse("eat")) is PluginDied
        change = await vice.wait_state("quarantined")
        assert change.reason.startswith("it broke its limits 3 times in 60 minutes; the last one: memory ")
        for error in (await vice.refuse("answer"), await vice.load(expect=Quarantined)):
            assert type(error) is Quarantined
            assert change.reason in error.message
            assert "reset it" in error.remedy
        assert vice.view.pid is None
        await vice.greet()
        await vice.host.reset("eats-memory")
        await vice.load()
        assert await vice.call("answer") == 42


async def test_a_plugin_that_computes_in_a_thread_is_throttled_and_still_answers(vices: Vices) -> None:
    timing = Timing(ping_every_s=0.3, ping_timeout_s=1.0)
    async with vices("spins-in-thread", timing=timing) as vice:
        await vice.load()
        assert type(await vice.refuse("spin", timeout_s=0.3)) is DeadlineExceeded
        record = await vice.log.wait("is over its limit of 0.20 cores for 3 samples; the host throttles it")
        assert vars(record)["fields"]["cpu_cores"] > 0.2
        throttled_to = vice.view.figures.throttled_to
        assert throttled_to is not None
        assert 0.0 < throttled_to < 1.0
        with anyio.fail_after(WAIT_S):
            while (vice.view.figures.cpu_cores or 1.0) > 0.25:
                assert await vice.call("answer") == 42
        await vice.greet()
        assert not vice.log.find("no answer to a ping")
        assert (vice.view.state, vice.view.restarts) == ("active", 0)
        await vice.unload()
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.survivors) == ("stopped", ())


async def test_too_many_children_stop_the_plugin_where_its_limits_say_so(vices: Vices) -> None:
    async with vices("forks-bomb-lite") as vice:
        await vice.load()
        await _fork(vice)
        change = await vice.wait_state("error")
        assert change.reason.startswith("child process count ")
        assert change.reason.endswith(" is over its limit of 8 for 3 samples; the host stops it")
        record = await vice.log.wait(change.reason)
        assert vars(record)["fields"]["children"] > 8
        facts = vice.view.last_exit
        assert facts is not None
        assert (facts.cause, facts.signal, facts.survivors) == ("refused", "SIGKILL", ())
        assert (vice.view.restarts, vice.view.retry_in_s) == (0, None)
        assert type(await vice.refuse("answer")).code == "not_active"
        await vice.greet()


async def test_leaked_descriptors_are_warned_of(vices: Vices) -> None:
    async with vices("leaks-descriptors") as vice:
        await vice.load()
        leaked = await vice.call("leak")
        assert 32 < leaked < 64
        record = await vice.log.wait("is over 80% of its limit of 64")
        assert record.getMessage().startswith("descriptor count ")
        assert record.levelname == "WARNING"
        assert vars(record)["fields"]["descriptors"] > 51
        assert await vice.log.wait("the kernel gives no more")
        await vice.greet()
        assert await vice.call("answer") == 42
        assert (vice.view.state, vice.view.restarts) == ("active", 0)


async def test_a_plugin_that_was_stopped_for_its_children_may_be_loaded_by_hand(vices: Vices) -> None:
    async with vices("forks-bomb-lite") as vice:
        await vice.load()
        await _fork(vice)
        await vice.wait_state("error")
        await vice.load()
        assert await vice.call("answer") == 42


async def _fork(vice: Vice) -> None:
    with suppress(PluginDied):  # the watchdog may be faster than forty forks
        assert await vice.call("fork") == 40
