"""Database: one SQLite file with one writer thread; many writes share one sync of the disk.

Owns the file's opening, its versions and the threads. What is in it belongs to whoever opens it: jobs are
functions of a connection. Nothing here ever blocks the event loop.
"""

import asyncio
import contextlib
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, cast

import anyio
import anyio.to_thread

from host.errors import DatabaseFault, HostClosed
from host.paths import network_file_system
from host.state.settled import settled
from host.state.sqlite_errors import is_full, meaning, told

MAX_GROUP: Final = 512
"""Writes that share one commit, at most: it bounds how long the first of them waits."""

MAX_READERS: Final = 8
LOG_BYTES: Final = 16 * 1024 * 1024
"""What the write-ahead log is cut down to after a burst of writes has made it longer."""

BUSY_S: Final = 5.0
"""How long SQLite waits for another process, such as a backup, that holds the file."""

_T = TypeVar("_T")
_Job = tuple[Callable[[sqlite3.Connection], Any], "asyncio.Future[Any]"]


class Database:
    """One file. `open` and `aclose` from the loop that uses it."""

    def __init__(
        self,
        path: Path,
        schema: Sequence[str],
        *,
        readers: int = 2,
        undone: Callable[[], object] | None = None,
    ) -> None:
        """`schema`: one script for each version of the file; the last one is what this release writes.

        `undone` is told, in the writer's thread, when a whole group of writes was undone.
        """
        self._undone = undone
        self.path = path
        self._schema = schema
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._readers: list[sqlite3.Connection] = []
        self._turns = anyio.CapacityLimiter(max(1, min(readers, MAX_READERS)))
        # Not the pool that an embedder's own functions run in, and may fill.
        self._opening = anyio.CapacityLimiter(1)
        self.commits = 0
        """Commits so far; each has synced the disk once."""

    async def open(self) -> None:
        """Open the file, made if it is not there, and bring it to this release's version.

        Raises:
            DatabaseFault: It is of a newer release, damaged, or on a network file system.
            DiskFull: There is no room for it.
        """
        self._loop = asyncio.get_running_loop()
        connection = await anyio.to_thread.run_sync(self._open, limiter=self._opening)
        self._thread = threading.Thread(
            target=self._write, args=(connection,), name=f"write-{self.path.stem}", daemon=True
        )
        self._thread.start()

    async def aclose(self) -> None:
        """Write what was submitted, and close the file. A second call does nothing."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        self._jobs.put(None)
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(thread.join, limiter=self._opening)
            # Who reads has its turn first; who comes later finds the file closed.
            turns = [object() for _ in range(int(self._turns.total_tokens))]
            for turn in turns:
                await self._turns.acquire_on_behalf_of(turn)
            for turn in turns:
                self._turns.release_on_behalf_of(turn)
        while self._readers:
            self._readers.pop().close()

    def submit(self, job: Callable[[sqlite3.Connection], _T]) -> "asyncio.Future[_T]":
        """Have the writer run a job; the future is done once it is on the disk, or with why it is not.

        Jobs run in the order in which they are submitted. One that raises leaves nothing behind and does the
        others no harm.
        """
        if self._thread is None or self._loop is None:
            raise HostClosed(f"{self.path.name} is not open")
        future: asyncio.Future[Any] = self._loop.create_future()
        self._jobs.put((job, future))
        return cast("asyncio.Future[_T]", future)

    async def write(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """Have the writer run a job, and wait until it is on the disk.

        For a caller that is cancelled the job is done all the same.
        """
        return await asyncio.shield(self.submit(job))

    async def see_through(
        self, job: Callable[[sqlite3.Connection], _T], then: Callable[[_T], object]
    ) -> None:
        """Have the writer run a job, and hand its result to `then` once it is on the disk.

        A caller that is cancelled leaves after that, not before: what is in memory agrees with the disk.
        """
        future = self.submit(job)
        cancelled = await settled(future)
        then(future.result())
        if cancelled is not None:
            raise cancelled

    async def read(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """Run a job that only reads, in a thread of its own. Raises HostClosed once the file is closed."""
        return await anyio.to_thread.run_sync(self._read, job, limiter=self._turns)

    # In threads.

    def _open(self) -> sqlite3.Connection:
        kind = network_file_system(self.path.parent)
        if kind:
            raise DatabaseFault(
                f"{self.path} lies on a network file system ({kind}), on which SQLite's locks do not hold",
                remedy="give the host a data folder on a local disk",
            )
        with told(self.path):
            # Made before SQLite does it, so that neither it nor its log is ever anybody else's to read.
            self.path.touch(mode=0o600)
            self.path.chmod(0o600)
            connection = self._connect(False)
            try:
                if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                    raise DatabaseFault(f"{self.path} can't be written ahead", remedy="use a local disk")
                connection.execute("PRAGMA synchronous = FULL")
                connection.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
                self._migrate(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _connect(self, reading: bool) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False, cached_statements=64
        )
        if reading:
            connection.execute("PRAGMA query_only = ON")
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        found: int = connection.execute("PRAGMA user_version").fetchone()[0]
        newest = len(self._schema)
        if found > newest:
            raise DatabaseFault(
                f"{self.path} has version {found}, and this release knows versions up to {newest}",
                remedy="install the release that wrote it, or one that is newer",
            )
        if 0 < found < newest:
            kept = self.path.with_suffix(f".v{found}.db")
            with contextlib.closing(sqlite3.connect(kept)) as copy:
                connection.backup(copy)
            kept.chmod(0o600)
        for version in range(found, newest):
            script = f"BEGIN; {self._schema[version]}; PRAGMA user_version = {version + 1}; COMMIT;"
            try:
                connection.executescript(script)
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _read(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        if self._thread is None:
            raise HostClosed(f"{self.path.name} is not open")
        with told(self.path):
            connection = self._readers.pop() if self._readers else self._connect(True)
            try:
                return job(connection)
            finally:
                self._readers.append(connection)

    def _write(self, connection: sqlite3.Connection) -> None:
        assert self._loop is not None
        ended = False
        while not ended:
            first = self._jobs.get()
            group: list[_Job] = []
            while first is not None:
                group.append(first)
                if len(group) == MAX_GROUP:
                    break
                try:
                    first = self._jobs.get_nowait()
                except queue.Empty:
                    break
            else:
                ended = True
            if group:
                outcomes = self._commit(connection, group)
                # One wake-up of the loop for all of them.
                with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    self._loop.call_soon_threadsafe(_settle, outcomes)
        connection.close()

    def _commit(
        self, connection: sqlite3.Connection, group: list[_Job]
    ) -> list[tuple["asyncio.Future[Any]", Any, Exception | None]]:
        outcomes: list[tuple[asyncio.Future[Any], Any, Exception | None]] = []
        try:
            with told(self.path):
                connection.execute("BEGIN IMMEDIATE")
                for job, future in group:
                    outcomes.append((future, *self._run_one(connection, job)))
                connection.execute("COMMIT")
            self.commits += 1
        except Exception as exc:  # noqa: BLE001 - the thread serves everybody and must not end
            with contextlib.suppress(sqlite3.Error):
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
            if self._undone is not None:
                self._undone()
            return [(future, None, exc) for _, future in group]
        return outcomes

    def _run_one(
        self, connection: sqlite3.Connection, job: Callable[[sqlite3.Connection], Any]
    ) -> tuple[Any, Exception | None]:
        connection.execute("SAVEPOINT one")
        try:
            result = job(connection)
        except sqlite3.Error as exc:
            # A full disk may have ended the whole transaction, and with it the writes before this one.
            if not connection.in_transaction or is_full(exc):
                raise
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
            return None, meaning(self.path, exc)
        except Exception as exc:  # noqa: BLE001 - it belongs to whoever submitted the job
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
            return None, exc
        connection.execute("RELEASE one")
        return result, None


def _settle(outcomes: list[tuple["asyncio.Future[Any]", Any, Exception | None]]) -> None:
    for future, result, error in outcomes:
        if future.done():
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
            future.exception()  # a caller that was cancelled never looks; asyncio would complain
