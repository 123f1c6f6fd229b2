"""Why: what an operator is told about real ends of real plugins."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from host import CallError, LoadFailed, LoadRefused, PluginDied, PluginHost, PluginView, Timing
from host.clock import FakeClock
from host.observe import evidence
from host.observe.entries import End, StateChange, Timeline, Usage
from host.observe.why import Why, explain

Until = Callable[..., Awaitable[PluginView]]
Write = Callable[..., Path]
VICES = Path(__file__).parents[2] / "plugins"

QUICK_PINGS = Timing(ping_every_s=0.4, ping_timeout_s=0.3)

LATE = """
class Late(Plugin):
    async def on_load(self) -> None:
        raise OSError("no disk")
"""
CRASHER = """
import os

class Crasher(Plugin):
    @method
    async def crash(self) -> None:
        os._exit(7)
"""


async def end_of(name: str, method: str, until: Until, *, timing: Timing | None = None) -> Why:
    """Let a vice end by a call, and ask why while the host waits to start it again."""
    async with PluginHost([VICES / name], timing=timing) as host:
        await host.load(name)
        async with anyio.create_task_group() as tasks:

            async def call() -> None:
                with pytest.raises(CallError):
                    await host.call(name, method, timeout_s=20.0)

            tasks.start_soon(call)
            await until(host, name, "backoff")
        return await host.recorder.why(name)


def has(why: Why, *texts: str) -> None:
    whole = str(why)
    for text in texts:
        assert text in whole, whole


async def test_an_exit_code(until: Until) -> None:
    why = await end_of("exits-7", "leave", until)
    has(
        why,
        "exits-7 1.0.0 is down, and waits to be started again since",
        "exited with code 7 after",
        "The last call into it was `leave`.",
        "`leave` (for",
        "was under way and failed with it.",
        "The host starts it again in",
        "1 restart in the last 10 minutes",
        "| about to leave with code 7",
        "What to do: find the fault",
        "Code: plugin_died, see docs/recorder.md#crashed",
    )
    assert (why.state, why.cause, why.code) == ("backoff", "crashed", "plugin_died")


async def test_a_fault_in_native_code(until: Until) -> None:
    why = await end_of("segfault", "fall", until)
    has(why, "was killed by SIGSEGV after", "which is a fault in native code", "`fall`")


async def test_a_memory_limit_with_the_way_there(until: Until) -> None:
    why = await end_of("eats-memory", "eat", until, timing=Timing(watch_every_s=0.3, watch_near_s=0.1))
    has(
        why,
        "the host ended its process",
        "is over its limit of 64 MiB",
        "Its memory rose from",
        "a second)",
        "of its limit of 64 MiB",
        "raise `limits`",
        "docs/recorder.md#limit",
    )


async def test_a_blocked_event_loop_with_the_line_that_blocks(until: Until) -> None:
    why = await end_of("spins", "spin", until, timing=QUICK_PINGS)
    has(
        why,
        "the host ended its process",
        "event loop blocked in spin",
        "show it in `spin` (main.py:1",
        "let what takes long be a `def` handler",
        "docs/recorder.md#unresponsive",
    )
    assert not any("File " in line for line in why.lines)


async def test_a_load_that_is_refused() -> None:
    async with PluginHost([VICES / "import-error"]) as host:
        with pytest.raises(LoadRefused):
            await host.load("import-error")
        why = await host.recorder.why("import-error")
    has(
        why,
        "is down and stays down until somebody changes something",
        "it did not become active:",
        "can't be imported",
        "The host does not try again by itself",
        "do what the reason says, then load it",
        "Code: load_refused, see docs/recorder.md#refused",
    )


async def test_a_load_that_fails(plugins: Path, write_plugin: Write) -> None:
    write_plugin(
        "late",
        "class Late(Plugin):\n    async def on_load(self) -> None:\n"
        "        raise PluginError('There is no disk.')\n",
    )
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadFailed):
            await host.load("late")
        why = await host.recorder.why("late")
    has(why, "it did not become active: plugin.load failed", "The host starts it again in", "#load_failed")
    assert "There is no disk." in str(why)
    assert not any(one.endswith("..") for one in why.sentences)
    assert why.code == "load_failed"


async def test_stops_of_an_operator_and_of_the_host_are_told_apart(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("one", "class One(Plugin): ...\n")
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data) as host:
        await host.load("one")
        running = await host.recorder.why("one")
        await host.unload("one")
        stopped = await host.recorder.why("one")
        await host.load("one")
        again = await host.recorder.why("one")
        await host.kill("one")
        killed = await host.recorder.why("one")
        await host.load("one")
        await host.disable("one")
        disabled = await host.recorder.why("one")
        await host.enable("one")
        enabled = await host.recorder.why("one")
        await host.load("one")
    async with PluginHost([plugins], data=data) as host:
        closed = await host.recorder.why("one")
    has(running, "one 1.0.0 is running since", "Nothing has gone wrong with it")
    assert (running.code, running.advice) == ("", "")
    has(stopped, "is not running since", "It was stopped on request, and stays so until it is loaded again.")
    assert "stopped" not in str(again)
    has(killed, "It was killed on request")
    has(disabled, "one 1.0.0 is disabled since", "The operator disabled it", "enable it, then load it")
    assert disabled.code == "disabled"
    has(enabled, "is not running since", "disabled it, and has enabled it since", "load it when it is wanted")
    assert "holds until" not in str(enabled)
    has(closed, "It was stopped because its host was closed")


async def test_quarantine_tells_how_often_and_how_to_leave(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    write_plugin("one", CRASHER)
    async with PluginHost([plugins], autoload=True, clock=FakeClock()) as host:
        for number in range(5):
            with pytest.raises(PluginDied):
                await host.call("one", "crash")
            await until(host, "one", "quarantined" if number == 4 else "backoff")
            if number < 4:
                await host.load("one")
        why = await host.recorder.why("one")
    has(
        why,
        "is in quarantine and kept from starting",
        "exited with code 7",
        "failure number 5 in a row",
        "keeps it from starting, over restarts of the host too",
        "a changed package ends the quarantine, and so does a reset",
    )
    assert why.code == "quarantined"


async def test_a_plugin_that_came_back_tells_of_the_end_before(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    async with PluginHost([VICES / "exits-7"]) as host:
        await host.load("exits-7")
        with pytest.raises(PluginDied):
            await host.call("exits-7", "leave")
        await until(host, "exits-7", "backoff")
        await host.load("exits-7")
        why = await host.recorder.why("exits-7")
    has(why, "is running since", "The last time that it went down: At", "exited with code 7", "had restarted")
    assert why.state == "active"


async def test_secrets_are_masked_in_reasons_and_lines(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin(
        "one",
        "import sys\n\nclass One(Plugin):\n    async def on_load(self) -> None:\n"
        "        print('key is canary-4711', file=sys.stderr)\n"
        "        raise PluginError('bad key canary-4711')\n",
    )
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data) as host:
        host.recorder.track(host.plugin("one").id).mask = lambda text: text.replace("canary-4711", "•••")
        with pytest.raises(LoadFailed):
            await host.load("one")
        why = str(await host.recorder.why("one"))
    assert "•••" in why
    assert "canary" not in why
    for path in data.rglob("*"):
        assert not path.is_file() or b"canary" not in path.read_bytes(), path


def test_the_time_in_which_memory_was_at_rest_is_no_part_of_how_fast_it_rose() -> None:
    used = [(80.0, 9), (97.5, 9), (98.0, 100), (98.5, 200), (99.5, 288)]
    samples = tuple(Usage(at_s, 0.0, mib * 2**20, None, 1, 8, 0, 0) for at_s, mib in used)
    told = evidence.memory(Timeline("one", samples=samples), 0.0, 100.0, 80 * 2**20, None)
    assert told[0] == "Its memory rose from 9 MiB to 288 MiB within 2.0 s (139.5 MiB a second)."


def test_a_host_that_ended_without_a_word_is_told_from_one_that_runs() -> None:
    changes = (
        StateChange(at_s=1_000.0, old="discovered", new="loading", host="1-a"),
        StateChange(at_s=1_001.0, old="loading", new="active", host="1-a", pid=7),
    )
    timeline = Timeline("one", changes=changes)
    for lost in (
        explain(timeline, now_s=2_000.0, alive=False),
        explain(timeline, now_s=2_000.0, host="2-b"),
    ):
        has(lost, "one was active when its host ended without a word", "start the host again")
        assert lost.cause == "host"
    assert "without a word" not in str(explain(timeline, now_s=2_000.0, host="1-a"))
    stopped = StateChange(at_s=1_500.0, old="unloading", new="discovered", host="1-a")
    rested = explain(Timeline("one", changes=(*changes, stopped)), now_s=2_000.0, alive=False)
    assert "without a word" not in str(rested)


@pytest.mark.parametrize(
    ("code", "signal", "told"),
    [
        (0, None, "as if its work were done"),
        (1, None, "an exception that nobody caught"),
        (127, None, "was not found"),
        (None, "SIGKILL", "the kernel for want of memory"),
        (None, "SIGXFSZ", "`limits.file`"),
    ],
)
def test_what_an_exit_usually_means_is_said(code: int | None, signal: str | None, told: str) -> None:
    text = f"exited with code {code}" if signal is None else f"was killed by {signal}"
    end = End("crashed", f"it {text}", text, code, signal, 4.0, "work")
    changes = (
        StateChange(at_s=1_000.0, old="discovered", new="loading"),
        StateChange(at_s=1_001.0, old="loading", new="active", pid=7),
        StateChange(at_s=1_004.0, old="active", new="backoff", reason=f"it {text}", retry_in_s=1.0, end=end),
    )
    has(explain(Timeline("one", changes=changes), now_s=1_004.5), f"its process 7 {text} after 4.0 s: ", told)
