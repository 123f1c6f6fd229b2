"""When schedules ran last, as it is kept."""

import threading
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from host.services import schedule_memory
from host.services.schedule_memory import MAX_KEPT, MAX_KEPT_OF_PLUGIN, Memory, ScheduleMemory
from host.state.atomic import write_atomic


async def test_a_write_that_is_under_way_never_replaces_a_later_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slow_at_first(path: Path, data: bytes) -> None:
        if not begun.is_set():
            begun.set()
            assert go_on.wait(20)
        write_atomic(path, data)

    monkeypatch.setattr(schedule_memory, "write_atomic", slow_at_first)
    memory = ScheduleMemory()
    await memory.open(tmp_path)
    memory.put("a tick", Memory("every 1 s", 1.0))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(memory.write)
        await anyio.to_thread.run_sync(begun.wait, 20)
        memory.put("a tick", Memory("every 1 s", 2.0))
        tasks.start_soon(memory.write)
        lock = memory._one_writer  # pyright: ignore[reportPrivateUsage]
        with anyio.fail_after(20):
            # The second either waits for its turn, or is on the disk before the first.
            while not lock.statistics().tasks_waiting and not (tmp_path / "schedules.json").exists():
                await anyio.lowlevel.checkpoint()
        go_on.set()
    again = ScheduleMemory()
    await again.open(tmp_path)
    kept = again.get("a tick", "every 1 s")
    assert kept is not None
    assert kept.due_s == 2.0


async def test_a_plugin_with_ever_new_schedules_makes_none_of_anothers_forgotten(tmp_path: Path) -> None:
    memory = ScheduleMemory()
    await memory.open(tmp_path)
    memory.put("good nightly", Memory("every 86400 s", 1.0))
    for number in range(MAX_KEPT + 1):
        memory.put(f"bad {number}", Memory("every 1 s", 2.0 + number))
    await memory.write()
    assert memory.get("good nightly", "every 86400 s") is not None
    assert memory.get(f"bad {MAX_KEPT}", "every 1 s") is not None
    assert memory.get(f"bad {MAX_KEPT - MAX_KEPT_OF_PLUGIN}", "every 1 s") is None
