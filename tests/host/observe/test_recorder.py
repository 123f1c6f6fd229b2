"""The flight recorder with real plugins: what is on the axis, over restarts of plugin and host."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import pytest

from host import PluginDied, PluginError, PluginHost, PluginNotFound, PluginView
from host.ids import PluginId
from host.observe.entries import KEPT, Timeline
from host.observe.recorder_folder import RecorderFolder
from host.observe.track import Track
from tests.host.observe.busy_plugin import BUSY

Until = Callable[..., Awaitable[PluginView]]
Write = Callable[..., Path]

WAIT_S = 20.0


async def until_recorded(host: PluginHost, is_there: Callable[[Timeline], bool]) -> Timeline:
    """Wait until the recorder has something of the plugin; woken where its writer is."""
    track = host.recorder.track(PluginId("busy"))
    wake = track._wake  # pyright: ignore[reportPrivateUsage]
    news = anyio.Event()

    def told(track: Track, at_once: bool) -> None:
        news.set()
        wake(track, at_once)

    track._wake = told  # pyright: ignore[reportPrivateUsage]
    with anyio.fail_after(WAIT_S):
        while not is_there(found := await host.recorder.timeline("busy")):
            await news.wait()
            news = anyio.Event()
    return found


async def test_calls_both_ways_samples_changes_and_lines_lie_on_one_axis(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("busy", BUSY)
    before = time.time()
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        assert await host.call("busy", "add", {"a": 1, "b": 2}) == 3
        with pytest.raises(PluginError):
            await host.call("busy", "refuse")
        await host.call("busy", "ask")
        assert await host.call("busy", "ask_wrongly") == "method_not_found"
        assert [item async for item in host.stream("busy", "count")] == [0, 1, 2]
        await host.call("busy", "tell", {"text": "careful"})
        timeline = await until_recorded(
            host, lambda found: bool(found.samples) and any(one.source == "stderr" for one in found.lines)
        )
    into = [(call.method, call.code) for call in timeline.calls if call.into]
    assert into == [("add", 0), ("refuse", -32000), ("ask", 0), ("ask_wrongly", 0), ("count", 0), ("tell", 0)]
    out = [(call.method, call.code) for call in timeline.calls if not call.into]
    assert out == [("host.info", 0), ("host.nothing", -32601)]
    assert [change.new for change in timeline.changes] == ["loading", "active"]
    assert timeline.samples[0].rss_bytes > 1_000_000
    texts = {line.source: line.text for line in timeline.lines if line.source != "host"}
    assert texts == {"log": 'careful  {"number":7}', "stderr": "on stderr"}
    moments = [entry.at_s for entry in timeline.merged()]
    assert moments == sorted(moments)
    assert before <= moments[0] <= moments[-1] <= time.time()
    assert all(0.0 < call.seconds < WAIT_S for call in timeline.calls)


async def test_values_of_calls_are_nowhere(plugins: Path, write_plugin: Write, tmp_path: Path) -> None:
    write_plugin("busy", BUSY)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        await host.call("busy", "add", {"a": 918_273, "b": 645_546})
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    assert b"add" in kept
    assert b"918273" not in kept
    assert b"1563819" not in kept


async def test_it_is_kept_over_restarts_of_the_plugin_and_of_the_host(
    plugins: Path, write_plugin: Write, until: Until, tmp_path: Path
) -> None:
    write_plugin("busy", BUSY)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        with pytest.raises(PluginDied):
            await host.call("busy", "leave")
        await until(host, "busy", "backoff")
        await host.load("busy")
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        await host.load("busy")
        await host.call("busy", "add", {"a": 1, "b": 1})
        timeline = await host.recorder.timeline("busy")
        (only,) = (await host.recorder.timeline("busy", since=timeline.calls[-1].at_s, kinds=["calls"])).calls
    assert [change.new for change in timeline.changes] == [
        *("loading", "active", "backoff", "loading", "active", "unloading", "discovered"),
        *("loading", "active"),
    ]
    assert [call.method for call in timeline.calls] == ["leave", "add"]
    assert only.method == "add"
    assert len({change.host for change in timeline.changes}) == 2
    (crash,) = (change.end for change in timeline.changes if change.end and change.end.cause == "crashed")
    assert (crash.code, crash.last_method) == (7, "leave")


async def test_without_a_kept_data_folder_memory_has_it_and_is_bounded(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("busy", BUSY)
    async with PluginHost([plugins], autoload=True) as host:
        for number in range(KEPT + 20):
            await host.call("busy", "add", {"a": number, "b": 1})
        timeline = await host.recorder.timeline("busy")
        assert len(timeline.calls) == KEPT
        assert host.analytics.stats("busy").invocations == KEPT + 20


async def test_nobody_is_told_of_plugins_that_are_not_there(plugins: Path, write_plugin: Write) -> None:
    write_plugin("busy", BUSY)
    async with PluginHost([plugins]) as host:
        for ask in (host.recorder.timeline, host.recorder.why, host.logs):
            with pytest.raises(PluginNotFound, match="bussy"):
                await ask("bussy")
        assert not await host.recorder.timeline("busy")
        assert "Nothing is recorded of busy" in str(await host.recorder.why("busy"))
        with pytest.raises(PluginNotFound):
            await host.recorder.timeline("../../etc")


KILLED_HOST = """
import anyio, os, sys
from host import PluginHost

async def main():
    async with PluginHost([sys.argv[1]], data=sys.argv[2], autoload=True) as host:
        for number in range(50):
            await host.call("busy", "add", {"a": number, "b": 1})
        print("called", flush=True)
        await anyio.sleep_forever()

anyio.run(main)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says that the plugins are gone")
def test_a_host_that_is_killed_leaves_all_but_the_last_second(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("busy", BUSY)
    data = tmp_path / "data"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(KILLED_HOST), str(plugins), str(data)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"called\n"
        folder = RecorderFolder(data)
        until = time.monotonic() + WAIT_S
        # Written without anybody asking: the wait is for a file, and bounded.
        while len(folder.read("busy").calls) < 50:
            assert time.monotonic() < until
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    timeline = folder.read("busy")
    assert [call.method for call in timeline.calls] == ["add"] * 50
    assert [change.new for change in timeline.changes] == ["loading", "active"]


async def test_files_are_bounded_and_hold_the_last_500_at_least(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("busy", BUSY)
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data, autoload=True) as host:
        for _ in range(5):
            for number in range(400):
                await host.call("busy", "add", {"a": number, "b": 1})
            await host.recorder.flush()
        assert len((await host.recorder.timeline("busy")).calls) == KEPT
    lines = [path.read_bytes().count(b"\n") for path in (data / "recorder" / "busy").glob("calls.jsonl*")]
    assert len(lines) == 2
    assert KEPT <= sum(lines) <= 3 * KEPT


async def test_a_folder_that_takes_nothing_hurts_nobody_and_is_said_once(
    plugins: Path, write_plugin: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_plugin("busy", BUSY)
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data) as host:
        # A file where the folder should be: no permission stands in the way of root.
        (data / "recorder").write_text("")
        await host.load("busy")
        for number in range(3):
            await host.call("busy", "add", {"a": number, "b": 1})
            await host.recorder.flush()
        timeline = await host.recorder.timeline("busy")
        assert [call.method for call in timeline.calls] == ["add"] * 3
        assert host.recorder.unwritten >= 3
        (data / "recorder").unlink()
        await host.call("busy", "add", {"a": 1, "b": 1})
        await host.recorder.flush()
        assert len((await host.recorder.timeline("busy")).calls) == 4
    said = [record.message for record in caplog.records if record.name == "host.observe.recorder_writer"]
    assert len(said) == 2
    assert "can't be written" in said[0]
    assert "is written again" in said[1]
    assert len(RecorderFolder(data).read("busy").calls) == 4


async def test_what_is_recorded_of_a_plugin_can_be_removed(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("busy", BUSY)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        await host.recorder.flush()
        await host.unload("busy")
        await host.recorder.flush()
        await host.recorder.forget("busy")
        assert not await host.recorder.timeline("busy")
    assert not (tmp_path / "data" / "recorder" / "busy").exists()
