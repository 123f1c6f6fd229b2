"""Database: the service's own rows in SQLite. Plugins never see it; they get what the API namespaces give.

A row is a document under a key. Every change is one transaction in a worker thread, one after the other, so
that what is read and written together can't be torn apart.
"""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import anyio
import anyio.to_thread
import msgspec

T = TypeVar("T")
Row = TypeVar("Row", bound=msgspec.Struct)


class Database:
    """One file; nothing is touched before it is opened."""

    def __init__(self, path: Path) -> None:
        self.tables: list[str] = []
        self._path = path
        self._turn = anyio.Lock()
        self._connection: sqlite3.Connection | None = None

    def open(self) -> None:
        """Open the file, and make it and its tables if they are not there."""
        self._connection = sqlite3.connect(self._path, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = NORMAL")
        for table in self.tables:
            self._connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (key TEXT PRIMARY KEY, row TEXT)")

    async def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do something in a transaction of its own."""
        connection = self._connection
        assert connection is not None, "the database is not open"

        def transaction() -> T:
            with connection:
                return work(connection)

        async with self._turn:
            return await anyio.to_thread.run_sync(transaction)

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()


class Table(Generic[Row]):
    """Rows of one kind."""

    def __init__(self, database: Database, name: str, kind: type[Row]) -> None:
        self._database = database
        self._name = name
        self._kind = kind
        database.tables.append(name)

    async def all(self) -> list[Row]:
        """Return every row, in the order in which they came."""
        query = f"SELECT row FROM {self._name} ORDER BY rowid"
        found = await self._database.run(lambda connection: connection.execute(query).fetchall())
        return [msgspec.json.decode(text, type=self._kind) for (text,) in found]

    async def get(self, key: str) -> Row | None:
        """Return one row."""
        return await self._database.run(lambda connection: self._read(connection, key))

    async def add(self, key: str, row: Row) -> bool:
        """Add a row; tell whether the key was free."""
        sentence = f"INSERT OR IGNORE INTO {self._name} VALUES (?, ?)"
        values = (key, msgspec.json.encode(row).decode())
        return await self._database.run(lambda connection: connection.execute(sentence, values).rowcount) == 1

    async def change(self, key: str, **changes: Any) -> tuple[Row, Row] | None:
        """Set the fields that are not None; return the row before and after."""

        def work(connection: sqlite3.Connection) -> tuple[Row, Row] | None:
            before = self._read(connection, key)
            if before is None:
                return None
            given = {name: value for name, value in changes.items() if value is not None}
            after = msgspec.structs.replace(before, **given)
            text = msgspec.json.encode(after).decode()
            connection.execute(f"UPDATE {self._name} SET row = ? WHERE key = ?", (text, key))
            return before, after

        return await self._database.run(work)

    async def remove(self, key: str) -> Row | None:
        """Remove a row and return it."""

        def work(connection: sqlite3.Connection) -> Row | None:
            row = self._read(connection, key)
            connection.execute(f"DELETE FROM {self._name} WHERE key = ?", (key,))
            return row

        return await self._database.run(work)

    def _read(self, connection: sqlite3.Connection, key: str) -> Row | None:
        found = connection.execute(f"SELECT row FROM {self._name} WHERE key = ?", (key,)).fetchone()
        return None if found is None else msgspec.json.decode(found[0], type=self._kind)
