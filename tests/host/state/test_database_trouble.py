"""What a database does when its surroundings or its users misbehave."""

import os
import sqlite3
import subprocess
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import anyio
import anyio.from_thread
import pytest

from host.errors import DatabaseFault, DiskFull, HostClosed
from host.state.database import Database
from host.state.sqlite_errors import meaning

SCHEMA = ("CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT)",)
MEGABYTE = "x" * 1_000_000


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    one = Database(tmp_path / "test.db", SCHEMA, readers=1)
    await one.open()
    yield one
    await one.aclose()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=6m", "plughost-test", str(place)]
    if os.geteuid() or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk can be mounted only by root, outside of most containers")
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)


def keep(text: str):
    def job(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO texts (text) VALUES (?)", (text,))

    return job


def count(connection: sqlite3.Connection) -> int:
    return connection.execute("SELECT count(*) FROM texts").fetchone()[0]


async def test_on_a_disk_that_is_full_writes_fail_and_work_again_once_there_is_room(small_disk: Path) -> None:
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 4_000_000)
    database = Database(small_disk / "test.db", SCHEMA)
    await database.open()
    await database.write(keep("first"))
    futures = [database.submit(keep(MEGABYTE)) for _ in range(10)]
    with anyio.fail_after(30), pytest.raises(DiskFull, match=r"test\.db"):
        await futures[-1]
    kept = await database.read(count)
    ballast.unlink()
    await database.write(keep(MEGABYTE))
    assert await database.read(count) == kept + 1
    await database.aclose()


def test_a_file_that_may_not_grow_is_a_full_disk() -> None:
    # What SQLite says where a user's disk quota is used up.
    refused = sqlite3.OperationalError("disk I/O error")
    refused.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    assert isinstance(meaning(Path("/data/storage.db"), refused), DiskFull)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (sqlite3.SQLITE_IOERR_READ, "can't be read or written"),
        (sqlite3.SQLITE_BUSY, "is held by another program"),
        (sqlite3.SQLITE_CORRUPT, "is damaged"),
        (sqlite3.SQLITE_CANTOPEN, "can't be used"),
    ],
)
def test_what_is_no_full_disk_names_the_file_and_what_to_do(code: int, words: str) -> None:
    error = sqlite3.OperationalError("it said so")
    error.sqlite_errorcode = code
    told = meaning(Path("/data/storage.db"), error)
    assert isinstance(told, DatabaseFault)
    assert f"/data/storage.db {words}: it said so" in str(told)
    assert told.remedy


async def test_a_job_that_ends_the_transaction_fails_and_the_writer_goes_on(database: Database) -> None:
    def ends(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")

    with anyio.fail_after(10), pytest.raises(DatabaseFault):
        await database.write(ends)
    with anyio.fail_after(10):
        await database.write(keep("after"))
    assert await database.read(count) == 1


async def test_closing_waits_for_who_reads_and_refuses_who_waits_to(tmp_path: Path) -> None:
    database = Database(tmp_path / "test.db", SCHEMA, readers=1)
    await database.open()
    reading, go_on = anyio.Event(), threading.Event()
    outcomes: list[object] = []

    def slow(connection: sqlite3.Connection) -> int:
        anyio.from_thread.run_sync(reading.set)
        assert go_on.wait(10)
        return count(connection)

    async def first() -> None:
        outcomes.append(await database.read(slow))

    async def second() -> None:
        with pytest.raises(HostClosed):
            await database.read(count)
        outcomes.append("refused")

    async def close() -> None:
        await database.aclose()
        outcomes.append("closed")

    with anyio.fail_after(10):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(first)
            await reading.wait()
            tasks.start_soon(second)
            tasks.start_soon(close)
            await anyio.wait_all_tasks_blocked()
            go_on.set()
    assert sorted(map(str, outcomes)) == ["0", "closed", "refused"]


async def test_the_log_beside_the_file_is_its_owners_alone_too(database: Database) -> None:
    await database.write(keep("secret"))
    for name in ("test.db", "test.db-wal", "test.db-shm"):
        assert (database.path.parent / name).stat().st_mode & 0o077 == 0
