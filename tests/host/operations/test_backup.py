import gzip
import io
import os
import sqlite3
import tarfile
from pathlib import Path

import anyio
import pytest

from host.errors import AlreadyRunning, InvalidParams, SettingsError
from host.operations.backup import MARK, restore_backup, write_backup
from host.plugin_host import PluginHost
from host.state.lock import open_data_folder

HELLO = Path(__file__).parents[3] / "examples" / "plugins" / "hello"
WRITERS = 16


def _folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    (folder / "data" / "hello").mkdir(parents=True)
    (folder / "state.json").write_text("{}")
    return folder


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


def _archive(path: Path, *members: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as tar:
        for member in members:
            member.size = 1 if member.isfile() and member.name != MARK else 0
            tar.addfile(member, io.BytesIO(b"x"[: member.size]))
    return path


def test_what_is_in_the_write_ahead_log_is_in_the_backup(tmp_path: Path):
    folder = _folder(tmp_path)
    with sqlite3.connect(folder / "storage.db") as kept:
        kept.execute("PRAGMA journal_mode=WAL")
        kept.execute("PRAGMA wal_autocheckpoint=0")
        kept.execute("CREATE TABLE t (x)")
        kept.execute("INSERT INTO t VALUES (42)")
        kept.commit()
        assert (folder / "storage.db-wal").stat().st_size
        write_backup(str(folder), str(tmp_path / "b"))
    kept.close()
    restore_backup(tmp_path / "b", tmp_path / "new")
    again = sqlite3.connect(tmp_path / "new" / "storage.db")
    assert again.execute("SELECT x FROM t").fetchall() == [(42,)]
    again.close()
    assert not (tmp_path / "new" / "storage.db-wal").exists()


def test_no_file_of_a_plugin_makes_a_backup_fail_or_wait(tmp_path: Path):
    folder = _folder(tmp_path)
    own = folder / "data" / "hello"
    (own / "junk.db").write_bytes(b"no database")
    (own / "odd?mode=rw#.db").write_bytes(b"neither")
    os.mkfifo(own / "pipe.db")
    (own / "out").symlink_to("/etc/passwd")
    (own / "\udcff").write_bytes(b"no text")
    write_backup(str(folder), str(tmp_path / "b"))
    restore_backup(tmp_path / "b", tmp_path / "new")
    new = tmp_path / "new" / "data" / "hello"
    assert _names(new) == sorted(["junk.db", "odd?mode=rw#.db", "\udcff"])


def test_a_backup_inside_the_data_folder_does_not_hold_itself(tmp_path: Path):
    folder = _folder(tmp_path)
    write_backup(str(folder), str(folder / "b"))
    with tarfile.open(folder / "b") as tar:
        assert tar.getnames() == [MARK, "data", "data/hello", "state.json"]


@pytest.mark.parametrize("name", ["b", "nowhere/b"])
def test_what_is_there_is_not_replaced_and_a_path_that_is_none_is_refused(tmp_path: Path, name: str):
    folder = _folder(tmp_path)
    (tmp_path / "b").write_text("mine")
    with pytest.raises(InvalidParams, match="can't be written"):
        write_backup(str(folder), str(tmp_path / name))
    assert (tmp_path / "b").read_text() == "mine"
    assert not (tmp_path / "b.partial").exists()


def test_a_path_that_is_not_absolute_is_refused(tmp_path: Path):
    with pytest.raises(InvalidParams, match="absolute"):
        write_backup(str(tmp_path), "b")


def test_a_backup_that_was_cut_off_anywhere_restores_nothing(tmp_path: Path):
    folder = _folder(tmp_path)
    (folder / "noise").write_bytes(os.urandom(3000))
    write_backup(str(folder), str(tmp_path / "b"))
    whole = (tmp_path / "b").read_bytes()
    for length in [*range(0, len(whole), 97), len(whole) - 8, len(whole) - 1]:
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(SettingsError):
            restore_backup(tmp_path / "cut", tmp_path / "new")
        assert _names(tmp_path / "new") == ["lock"]


def test_a_backup_with_a_turned_bit_restores_nothing(tmp_path: Path):
    folder = _folder(tmp_path)
    (folder / "noise").write_bytes(os.urandom(3000))
    write_backup(str(folder), str(tmp_path / "b"))
    whole = bytearray((tmp_path / "b").read_bytes())
    whole[len(whole) // 2] ^= 4
    (tmp_path / "b").write_bytes(whole)
    with pytest.raises(SettingsError, match="can't be unpacked"):
        restore_backup(tmp_path / "b", tmp_path / "new")
    assert _names(tmp_path / "new") == ["lock"]


def _link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


@pytest.mark.parametrize(
    "member",
    [
        tarfile.TarInfo("../out"),
        tarfile.TarInfo("a/../../out"),
        _link("a", "../out", tarfile.SYMTYPE),
        _link("a", "/etc/passwd", tarfile.LNKTYPE),
        _link("a", "", tarfile.FIFOTYPE),
        _link("a", "", tarfile.CHRTYPE),
        tarfile.TarInfo("lock"),
    ],
    ids=["up", "up again", "symlink", "link", "pipe", "device", "lock"],
)
def test_an_archive_writes_nowhere_else(tmp_path: Path, member: tarfile.TarInfo):
    archive = _archive(tmp_path / "b", tarfile.TarInfo(MARK), member)
    with pytest.raises(SettingsError):
        restore_backup(archive, tmp_path / "new")
    assert _names(tmp_path / "new") == ["lock"]
    assert _names(tmp_path) == ["b", "new"]


def test_another_archive_is_told_from_a_backup(tmp_path: Path):
    archive = _archive(tmp_path / "b", tarfile.TarInfo("x"))
    with pytest.raises(SettingsError, match="no backup"):
        restore_backup(archive, tmp_path / "new")
    with gzip.open(tmp_path / "c", "wb") as file:
        file.write(b"text")
    with pytest.raises(SettingsError, match="can't be unpacked"):
        restore_backup(tmp_path / "c", tmp_path / "new")


def test_what_is_restored_is_its_owners_alone_also_from_an_archive_that_says_otherwise(tmp_path: Path):
    folder = _folder(tmp_path)
    sqlite3.connect(folder / "config.db").execute("CREATE TABLE secrets (one)").connection.close()
    (folder / "data" / "hello" / "tool").write_text("#!/bin/sh\n")
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o777)
    copy = tmp_path / "copy"
    write_backup(str(folder), str(copy))
    with tarfile.open(copy) as tar:
        assert tar.getmember("config.db").mode == 0o600
    new = tmp_path / "new"
    new.mkdir(mode=0o755)
    restore_backup(copy, new)
    modes = {str(path.relative_to(new)): path.stat().st_mode & 0o777 for path in new.rglob("*")}
    assert {mode for mode in modes.values() if mode & 0o077} == set()
    assert modes["config.db"] == 0o600
    assert modes["data"] == modes["data/hello"] == modes["data/hello/tool"] == 0o700


def test_a_folder_that_is_used_is_left_alone(tmp_path: Path):
    archive = _archive(tmp_path / "b", tarfile.TarInfo(MARK))
    with pytest.raises(SettingsError, match="not empty"):
        restore_backup(archive, _folder(tmp_path))
    with open_data_folder(tmp_path / "held"), pytest.raises(AlreadyRunning):
        restore_backup(archive, tmp_path / "held")


async def test_a_backup_under_16_writers_has_every_write_that_was_acknowledged_before(tmp_path: Path):
    acknowledged = [-1] * WRITERS
    before: list[int] = []
    with anyio.fail_after(30):
        async with PluginHost([HELLO], data=tmp_path / "data") as host:
            await host.load("hello")
            enough = anyio.Event()

            async def write(writer: int) -> None:
                number = 0
                while True:
                    await host.storage.set("hello", f"w{writer}.{number}", number)
                    acknowledged[writer] = number
                    number += 1
                    if min(acknowledged) >= 5:
                        enough.set()

            async with anyio.create_task_group() as tasks:
                for writer in range(WRITERS):
                    tasks.start_soon(write, writer)
                await enough.wait()
                before += acknowledged
                await host.facade.host_backup(str(tmp_path / "b"))
                tasks.cancel_scope.cancel()
        restore_backup(tmp_path / "b", tmp_path / "new")
        async with PluginHost([HELLO], data=tmp_path / "new") as host:
            for writer, last in enumerate(before):
                for number in range(last + 1):
                    assert await host.storage.get("hello", f"w{writer}.{number}") == number
