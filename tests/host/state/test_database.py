"""One SQLite file, one writer, many writes in one commit."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import anyio
import pytest

from host.errors import DatabaseFault, DiskFull, HostClosed
from host.paths import network_file_system
from host.state.database import Database

SCHEMA = ("CREATE TABLE numbers (n INTEGER PRIMARY KEY)",)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    one = Database(tmp_path / "test.db", SCHEMA)
    await one.open()
    yield one
    await one.aclose()


def numbers(connection: sqlite3.Connection) -> list[int]:
    return [row[0] for row in connection.execute("SELECT n FROM numbers ORDER BY n")]


def add(n: int):
    def job(connection: sqlite3.Connection) -> int:
        connection.execute("INSERT INTO numbers VALUES (?)", (n,))
        return n

    return job


async def test_a_write_is_on_the_disk_when_it_returns(database: Database) -> None:
    assert await database.write(add(7)) == 7
    with sqlite3.connect(database.path) as other:
        assert numbers(other) == [7]


async def test_writes_that_wait_together_share_commits(database: Database) -> None:
    futures = [database.submit(add(n)) for n in range(1_000)]
    with anyio.fail_after(10):
        assert [await future for future in futures] == list(range(1_000))
    assert database.commits < 500
    assert await database.read(numbers) == list(range(1_000))


async def test_one_that_fails_leaves_nothing_behind_and_does_the_others_no_harm(database: Database) -> None:
    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO numbers VALUES (100)")
        raise LookupError("not today")

    futures = [database.submit(add(1)), database.submit(broken), database.submit(add(1))]
    futures.append(database.submit(add(2)))
    with anyio.fail_after(10):
        assert await futures[0] == 1
        with pytest.raises(LookupError):
            await futures[1]
        with pytest.raises(DatabaseFault, match="UNIQUE"):
            await futures[2]
        assert await futures[3] == 2
    assert await database.read(numbers) == [1, 2]


async def test_a_caller_that_is_cancelled_does_not_undo_its_write(database: Database) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await database.write(add(1))
    assert await database.write(add(2)) == 2
    assert await database.read(numbers) == [1, 2]


async def test_readers_can_not_write(database: Database) -> None:
    with pytest.raises(DatabaseFault, match="readonly"):
        await database.read(add(1))


async def test_closing_writes_what_was_submitted(tmp_path: Path) -> None:
    database = Database(tmp_path / "test.db", SCHEMA)
    await database.open()
    futures = [database.submit(add(n)) for n in range(100)]
    await database.aclose()
    await database.aclose()
    with anyio.fail_after(10):
        assert [await future for future in futures] == list(range(100))
    with pytest.raises(HostClosed):
        database.submit(add(1))
    with pytest.raises(HostClosed):
        await database.read(numbers)


async def test_a_full_disk_fails_the_write_and_nothing_else(database: Database) -> None:
    await database.write(add(1))
    pages = await database.write(lambda one: one.execute("PRAGMA page_count").fetchone()[0])
    await database.write(lambda one: one.execute(f"PRAGMA max_page_count = {pages}").fetchone())

    def much(connection: sqlite3.Connection) -> None:
        connection.executemany("INSERT INTO numbers VALUES (?)", ((n,) for n in range(10, 5_000)))

    with pytest.raises(DiskFull, match=r"test\.db"):
        await database.write(much)
    assert await database.read(numbers) == [1]
    await database.write(lambda one: one.execute("PRAGMA max_page_count = 100000").fetchone())
    await database.write(much)
    assert len(await database.read(numbers)) == 4_991


async def test_an_older_file_is_brought_forward_and_a_copy_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    old = Database(path, SCHEMA)
    await old.open()
    await old.write(add(1))
    await old.aclose()
    new = Database(path, (*SCHEMA, "ALTER TABLE numbers ADD COLUMN name TEXT"))
    await new.open()
    assert await new.read(lambda one: one.execute("SELECT * FROM numbers").fetchall()) == [(1, None)]
    await new.aclose()
    kept = sqlite3.connect(tmp_path / "test.v1.db")
    assert numbers(kept) == [1]
    kept.close()
    with pytest.raises(DatabaseFault, match="version 2, and this release knows versions up to 1"):
        await Database(path, SCHEMA).open()


async def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    old = Database(path, SCHEMA)
    await old.open()
    await old.aclose()
    with pytest.raises(DatabaseFault):
        await Database(path, (*SCHEMA, "CREATE TABLE other (n); CREATE TABLE numbers (n)")).open()
    again = Database(path, SCHEMA)
    await again.open()
    assert await again.read(lambda one: one.execute("SELECT name FROM sqlite_master").fetchall()) == [
        ("numbers",)
    ]
    await again.aclose()


async def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "test.db"
    path.write_bytes(b"this is no database at all, but long enough to look like one" * 100)
    with pytest.raises(DatabaseFault, match=r"test\.db is damaged") as caught:
        await Database(path, SCHEMA).open()
    assert "backup" in caught.value.remedy


async def test_the_file_is_its_owners_alone(database: Database) -> None:
    assert database.path.stat().st_mode & 0o777 == 0o600


def test_a_network_file_system_is_told_by_the_innermost_mount(tmp_path: Path) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(
        "1 0 0:1 / / rw - ext4 /dev/sda rw\n"
        f"2 1 0:2 / {tmp_path} rw shared:1 - nfs4 server:/export rw\n"
        f"3 2 0:3 / {tmp_path}/local rw - xfs /dev/sdb rw\n"
        "broken line\n"
    )
    (tmp_path / "local").mkdir()
    assert network_file_system(tmp_path, mounts) == "nfs4"
    assert network_file_system(tmp_path / "local", mounts) == ""
    assert network_file_system(Path("/"), mounts) == ""
    assert network_file_system(tmp_path, tmp_path / "gone") == ""


def _nfs(folder: Path) -> str:
    return "nfs4"


async def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("host.state.database.network_file_system", _nfs)
    with pytest.raises(DatabaseFault, match=r"network file system \(nfs4\)"):
        await Database(tmp_path / "test.db", SCHEMA).open()
