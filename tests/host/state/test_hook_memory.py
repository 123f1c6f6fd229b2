"""What is kept of hooks, where the disk does not take it at once."""

from pathlib import Path

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

from host.state import hook_memory
from host.state.hook_memory import HookMemory
from protocol.messages.provides import HookHandler

GUARD = (HookHandler("check", "message.before_send", fail="closed"),)


async def test_what_a_full_disk_did_not_take_is_written_at_the_end_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried = anyio.Event()

    def full(*_: object) -> None:
        anyio.from_thread.run_sync(tried.set)
        raise OSError(28, "No space left on device")

    async with anyio.create_task_group() as tasks:
        memory = HookMemory()
        await memory.open(tmp_path, tasks)
        with monkeypatch.context() as patched:
            patched.setattr(hook_memory, "write_atomic", full)
            memory.put("guard", GUARD)
            with anyio.fail_after(20):
                await tried.wait()
                while "hooks can't be kept" not in caplog.text:
                    await anyio.lowlevel.checkpoint()
        await memory.aclose()
        tasks.cancel_scope.cancel()
    again = HookMemory()
    async with anyio.create_task_group() as tasks:
        await again.open(tmp_path, tasks)
        tasks.cancel_scope.cancel()
    assert again.kept == {"guard": GUARD}
