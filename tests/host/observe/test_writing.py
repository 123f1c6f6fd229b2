"""The writers of recorder and analytics: cancelled, meeting each other, or given what can't be written."""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from host.ids import PluginId
from host.observe import analytics, entries
from host.observe.log_folder import LogFiles
from host.observe.recorder import AT_ONCE, FlightRecorder
from host.observe.recorder_folder import RecorderFolder

WAIT_S = 20.0


@pytest.fixture
async def recorder(tmp_path: Path) -> AsyncIterator[FlightRecorder]:
    """A recorder that writes, and whose own rounds are over: only what the test flushes is written."""
    recorder = FlightRecorder(keeps=True, log_files=LogFiles(), check=lambda _: None)
    async with anyio.create_task_group() as tasks:
        await recorder.open(tmp_path, tasks)
        tasks.cancel_scope.cancel()
    yield recorder
    await recorder.aclose()


class Held:
    """A function in a thread that waits until it is let go."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self.calls = 0
        self._function = function

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        self.begun.set()
        assert self.go_on.wait(WAIT_S)
        return self._function(*args)

    async def until_begun(self) -> None:
        assert await anyio.to_thread.run_sync(self.begun.wait, WAIT_S)


def say(recorder: FlightRecorder, plugin: str, text: str = "said") -> None:
    recorder.track(PluginId(plugin)).line(logging.INFO, text, {}, source="log")


async def test_a_flush_that_is_cancelled_half_way_leaves_nothing_unwritten_behind(
    recorder: FlightRecorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugins = [f"p{number}" for number in range(2 * AT_ONCE)]
    for plugin in plugins:
        say(recorder, plugin)
    held = Held(RecorderFolder.write)

    def write(*args: Any) -> None:
        held(*args)

    monkeypatch.setattr(RecorderFolder, "write", write)
    flush = asyncio.get_running_loop().create_task(recorder.flush())
    await held.until_begun()
    for _ in range(2):
        flush.cancel()
        await anyio.lowlevel.checkpoint()
    assert not flush.done()  # what the thread has begun is seen through
    held.go_on.set()
    with pytest.raises(asyncio.CancelledError), anyio.fail_after(WAIT_S):
        await flush
    assert held.calls == AT_ONCE
    await recorder.flush()
    assert held.calls == 2 * AT_ONCE
    folder = RecorderFolder(tmp_path)
    assert [len(folder.read(plugin).lines) for plugin in plugins] == [1] * len(plugins)


async def test_a_record_that_can_not_be_written_costs_its_own_plugin_that_batch_and_nobody_else(
    recorder: FlightRecorder,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def encode(some: Any) -> bytes:
        if any(getattr(one, "text", "") == "bad" for one in some):
            raise UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates not allowed")
        return good(some)

    good = entries.encode
    monkeypatch.setattr(entries, "encode", encode)
    for plugin, text in (("one", "good"), ("two", "bad"), ("three", "good")):
        say(recorder, plugin, text)
    await recorder.flush()
    say(recorder, "two", "good")
    await recorder.flush()
    folder = RecorderFolder(tmp_path)
    assert [len(folder.read(plugin).lines) for plugin in ("one", "two", "three")] == [1, 1, 1]
    (told,) = [record for record in caplog.records if "are left out" in record.message]
    assert vars(told)["fields"] == {"plugin": "two"}
    assert recorder.unwritten == 0


async def test_two_saves_of_the_analytics_never_overtake_each_other(
    recorder: FlightRecorder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.analytics.track("one", "use")
    held = Held(analytics._write)  # pyright: ignore[reportPrivateUsage] - the one function that blocks
    monkeypatch.setattr(analytics, "_write", held)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(recorder.analytics.save)
        await held.until_begun()
        recorder.analytics.track("one", "use")
        tasks.start_soon(recorder.aclose)
        await anyio.lowlevel.checkpoint()
        assert held.calls == 1
        held.go_on.set()
    assert held.calls == 2
    assert '"count":2' in (tmp_path / "analytics" / "one.json").read_text()


async def test_a_save_that_is_cancelled_is_seen_through_and_known_to_be_done(
    recorder: FlightRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.analytics.track("one", "use")
    held = Held(analytics._write)  # pyright: ignore[reportPrivateUsage] - the one function that blocks
    monkeypatch.setattr(analytics, "_write", held)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(recorder.analytics.save)
        await held.until_begun()
        tasks.cancel_scope.cancel()
        held.go_on.set()
    await recorder.analytics.save()
    assert held.calls == 1
