"""Storage calls that are cancelled while the disk is slow: their place is taken while their job waits."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest

from host import PluginHost
from host.clock import FakeClock
from host.services.storage import Storage
from host.state import settled
from protocol.messages.storage import StorageOperation

Write = Callable[..., Path]
WAIT_S = 20.0
SET = StorageOperation("set", "a", msgspec.Raw(b"1"))

KEEPER = """
import asyncio


class Keeper(Plugin):
    @method
    async def flood(self, count: int) -> list[str]:
        told = []
        for number in range(count):
            try:
                async with asyncio.timeout(0.3 if number == 0 else 0.01):
                    await asyncio.gather(*(self.storage.set(f"k{number}-{n}", n) for n in range(64)))
            except TimeoutError:
                told.append("cancelled")
            except RpcError as exc:
                told.append(exc.name)
        return told
"""


@pytest.fixture
async def storage(tmp_path: Path) -> AsyncIterator[Storage]:
    storage = Storage(FakeClock())
    async with anyio.create_task_group() as tasks:
        await storage.open(tmp_path, tasks)
        yield storage
        await storage.aclose()
        tasks.cancel_scope.cancel()


class SlowDisk:
    """Holds the writer's thread in a job until it is let go."""

    def __init__(self, storage: Storage) -> None:
        self.go_on = threading.Event()
        self._begun = anyio.Event()
        loop = asyncio.get_running_loop()

        def wait(_: Any) -> None:
            loop.call_soon_threadsafe(self._begun.set)
            assert self.go_on.wait(WAIT_S)

        self.job = storage.database.submit(wait)

    async def until_begun(self) -> None:
        with anyio.fail_after(WAIT_S):
            await self._begun.wait()


async def test_whoever_is_cancelled_leaves_when_the_job_is_done_and_it_was_done(storage: Storage) -> None:
    disk = SlowDisk(storage)
    await disk.until_begun()
    call = asyncio.get_running_loop().create_task(storage.change("one", SET))
    await anyio.lowlevel.checkpoint()
    for _ in range(3):
        call.cancel()
        await anyio.lowlevel.checkpoint()
    assert not call.done()
    disk.go_on.set()
    with pytest.raises(asyncio.CancelledError), anyio.fail_after(WAIT_S):
        await call
    row = await storage.row("one", "a")
    assert row is not None
    assert row.value == b"1"


async def test_a_disk_that_does_not_come_back_holds_it_for_a_bounded_time(
    storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settled, "HELD_S", 0.3)
    disk = SlowDisk(storage)
    await disk.until_begun()
    try:
        with anyio.fail_after(WAIT_S), anyio.CancelScope() as scope:
            scope.cancel()
            await storage.change("one", SET)
        assert scope.cancelled_caught
        assert not disk.job.done()
    finally:
        disk.go_on.set()


async def test_a_plugin_that_calls_and_cancels_has_no_more_jobs_waiting_than_it_has_places(
    plugins: Path, tmp_path: Path, write_plugin: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_plugin("keeper", KEEPER)
    applied = 0
    apply = Storage.apply

    async def counted(storage: Storage, *args: Any) -> Any:
        nonlocal applied
        applied += 1
        return await apply(storage, *args)

    monkeypatch.setattr(Storage, "apply", counted)
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as host:
        disk = SlowDisk(host.storage._storage)  # pyright: ignore[reportPrivateUsage] - to hold its writer
        await disk.until_begun()
        try:
            told = await host.call("keeper", "flood", {"count": 20})
        finally:
            disk.go_on.set()
        assert told == ["cancelled"] * 20
        assert applied <= 64
