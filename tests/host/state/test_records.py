import os
import stat
import threading
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from host.ids import PluginId
from host.state.records import MAX_BATCH, PluginRecord, Quarantine, Records

CHAT = PluginId("chat")
STOPPED = PluginRecord(
    enabled=False, wanted="stopped", quarantine=Quarantine(1_000.5, "5 crashes", "sha256:ab")
)


def hold_writes(monkeypatch: pytest.MonkeyPatch) -> tuple[threading.Event, threading.Event]:
    """Have each write wait: the first event says that one does, the second lets all go on."""
    writing, go_on = threading.Event(), threading.Event()
    fsync = os.fsync

    def slow(descriptor: int) -> None:
        writing.set()
        go_on.wait(10)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", slow)
    return writing, go_on


def test_a_plugin_of_which_nothing_is_kept_is_enabled_and_nobody_asked_for_it(tmp_path: Path) -> None:
    assert Records(tmp_path).get(CHAT) == PluginRecord(enabled=True, wanted=None, quarantine=None)


async def test_what_is_put_holds_at_once_and_over_a_restart(tmp_path: Path) -> None:
    records = Records(tmp_path)
    await records.put(CHAT, STOPPED)
    assert records.get(CHAT) == STOPPED
    assert Records(tmp_path).get(CHAT) == STOPPED
    assert (tmp_path / "plugins" / "chat.json").is_file()


async def test_records_of_plugins_are_apart(tmp_path: Path) -> None:
    records = Records(tmp_path)
    await records.put(CHAT, STOPPED)
    assert records.get(PluginId("mail")) == PluginRecord()


async def test_an_unchanged_record_is_not_written_again(tmp_path: Path) -> None:
    records = Records(tmp_path)
    await records.put(CHAT, PluginRecord())
    assert list((tmp_path / "plugins").iterdir()) == []
    await records.put(CHAT, STOPPED)
    before = (tmp_path / "plugins" / "chat.json").stat().st_ino
    await records.put(CHAT, STOPPED)
    assert (tmp_path / "plugins" / "chat.json").stat().st_ino == before


async def test_a_record_is_read_from_the_disk_once(tmp_path: Path) -> None:
    records = Records(tmp_path)
    await records.put(CHAT, STOPPED)
    (tmp_path / "plugins" / "chat.json").unlink()
    assert records.get(CHAT) == STOPPED


async def test_many_at_once_leave_the_last_one(tmp_path: Path) -> None:
    records = Records(tmp_path)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            for number in range(20):
                group.start_soon(records.put, CHAT, PluginRecord(quarantine=Quarantine(number, "", "")))
    last = records.get(CHAT)
    assert last == PluginRecord(quarantine=Quarantine(19, "", ""))
    assert Records(tmp_path).get(CHAT) == last


async def test_records_that_come_together_are_written_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders_synced = 0
    fsync = os.fsync

    def counted(descriptor: int) -> None:
        nonlocal folders_synced
        folders_synced += stat.S_ISDIR(os.fstat(descriptor).st_mode)
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", counted)
    records = Records(tmp_path)
    names = [PluginId(f"p{number}") for number in range(3 * MAX_BATCH)]
    with anyio.fail_after(20):
        async with anyio.create_task_group() as group:
            for name in names:
                group.start_soon(records.put, name, STOPPED)
    assert {Records(tmp_path).get(name) for name in names} == {STOPPED}
    assert folders_synced == 3


async def test_what_is_put_back_while_the_change_is_written_is_what_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(tmp_path)
    await records.put(CHAT, STOPPED)
    writing, go_on = hold_writes(monkeypatch)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(records.put, CHAT, PluginRecord())
            await anyio.to_thread.run_sync(writing.wait, 10)
            group.start_soon(records.put, CHAT, STOPPED)
            await anyio.wait_all_tasks_blocked()
            go_on.set()
    assert Records(tmp_path).get(CHAT) == records.get(CHAT) == STOPPED


async def test_a_record_that_cannot_be_written_costs_those_beside_it_nothing(tmp_path: Path) -> None:
    records = Records(tmp_path)
    mail = PluginId("mail")
    assert records.get(mail) == PluginRecord()
    (tmp_path / "plugins" / "mail.json" / "in-the-way").mkdir(parents=True)
    failed: list[OSError] = []

    async def put_mail() -> None:
        try:
            await records.put(mail, STOPPED)
        except OSError as exc:
            failed.append(exc)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(put_mail)
            group.start_soon(records.put, CHAT, STOPPED)
    assert len(failed) == 1
    assert records.get(mail) == PluginRecord()
    assert Records(tmp_path).get(CHAT) == STOPPED


async def test_a_record_that_found_no_thread_is_written_by_the_next_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(tmp_path)
    run_sync = anyio.to_thread.run_sync
    refusals = 1

    async def refuse_once(*args: Any) -> Any:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise RuntimeError("can't start new thread")
        return await run_sync(*args)

    monkeypatch.setattr(anyio.to_thread, "run_sync", refuse_once)
    first, second = PluginId("first"), PluginId("second")
    refused: list[str] = []

    async def put(plugin: PluginId) -> None:
        try:
            await records.put(plugin, STOPPED)
        except RuntimeError:
            refused.append(plugin)

    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(put, first)
            group.start_soon(put, second)
    assert refused == ["first"]
    assert Records(tmp_path).get(second) == STOPPED


async def test_of_a_folder_that_goes_with_the_host_nothing_is_written(tmp_path: Path) -> None:
    records = Records(tmp_path, ephemeral=True)
    await records.put(CHAT, STOPPED)
    assert records.get(CHAT) == STOPPED
    assert list((tmp_path / "plugins").iterdir()) == []
    await records.delete(CHAT)
    assert records.get(CHAT) == PluginRecord()


async def test_a_full_disk_leaves_the_old_record_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(tmp_path)
    await records.put(CHAT, STOPPED)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space left"):
            await records.put(CHAT, PluginRecord())
    assert records.get(CHAT) == STOPPED
    assert Records(tmp_path).get(CHAT) == STOPPED
    await records.put(CHAT, PluginRecord())
    assert Records(tmp_path).get(CHAT) == PluginRecord()


async def test_a_put_that_is_cancelled_while_writing_leaves_the_cache_as_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Records(tmp_path)
    writing, go_on = hold_writes(monkeypatch)
    with anyio.fail_after(10):
        async with anyio.create_task_group() as group:
            group.start_soon(records.put, CHAT, STOPPED)
            await anyio.to_thread.run_sync(writing.wait, 10)
            group.cancel_scope.cancel()
            go_on.set()
    assert Records(tmp_path).get(CHAT) == STOPPED
    assert records.get(CHAT) == STOPPED


async def test_a_deleted_record_is_gone(tmp_path: Path) -> None:
    records = Records(tmp_path)
    await records.put(CHAT, STOPPED)
    await records.delete(CHAT)
    await records.delete(CHAT)
    assert records.get(CHAT) == PluginRecord()
    assert Records(tmp_path).get(CHAT) == PluginRecord()


def test_a_broken_record_counts_as_none_and_is_kept_aside(tmp_path: Path) -> None:
    records = Records(tmp_path)
    (tmp_path / "plugins" / "chat.json").write_text('{"wanted":"maybe"}')
    assert records.get(CHAT) == PluginRecord()
    assert (tmp_path / "plugins" / "chat.json.broken-1").exists()


def test_members_that_a_later_version_added_are_passed_over(tmp_path: Path) -> None:
    records = Records(tmp_path)
    (tmp_path / "plugins" / "chat.json").write_text('{"enabled":false,"mood":"fine"}')
    assert records.get(CHAT) == PluginRecord(enabled=False)


@pytest.mark.parametrize("name", ["../chat", "a/b", "", ".", "chat\n", "Chat"])
def test_what_is_no_id_names_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="is not a plugin's id"):
        Records(tmp_path).get(PluginId(name))


def test_the_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    Records(tmp_path)
    assert (tmp_path / "plugins").stat().st_mode & 0o777 == 0o700
