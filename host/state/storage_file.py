"""`storage.db`: what plugins keep, as rows of plugin and key. Pure functions of a connection.

Every function names the plugin whose rows it touches, so no other's can be reached. Sizes are those of key
and value in UTF-8. Expired rows count as not there.

A version is never used twice for a key, not even after it was deleted: `floors` holds the highest version
that each plugin's deleted rows had, and a new row begins above it. Whoever compares versions relies on that.
"""

import sqlite3
from typing import Final, NamedTuple

SCHEMA: Final = (
    """
    CREATE TABLE entries (
        plugin TEXT NOT NULL,
        key TEXT NOT NULL,
        value BLOB NOT NULL,
        version INTEGER NOT NULL,
        expires_s REAL,
        PRIMARY KEY (plugin, key)
    ) WITHOUT ROWID;
    CREATE INDEX expiring ON entries (expires_s) WHERE expires_s IS NOT NULL;
    CREATE TABLE floors (plugin TEXT PRIMARY KEY, version INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE clock (id INTEGER PRIMARY KEY CHECK (id = 1), latest_s REAL NOT NULL);
    """,
)


class Row(NamedTuple):
    """One key that is there."""

    value: bytes
    version: int
    expires_s: float | None


def get(connection: sqlite3.Connection, plugin: str, key: str, now_s: float) -> Row | None:
    """Return a key's row."""
    found = connection.execute(
        "SELECT value, version, expires_s FROM entries WHERE plugin = ? AND key = ?", (plugin, key)
    ).fetchone()
    if found is None:
        return None
    row = Row(*found)
    return None if row.expires_s is not None and row.expires_s <= now_s else row


def put(connection: sqlite3.Connection, plugin: str, key: str, row: Row) -> None:
    """Write a row in place of the one that is there."""
    connection.execute(
        "INSERT INTO entries (plugin, key, value, version, expires_s) VALUES (?, ?, ?, ?, ?) "
        "ON CONFLICT (plugin, key) DO UPDATE SET value = excluded.value, version = excluded.version, "
        "expires_s = excluded.expires_s",
        (plugin, key, row.value, row.version, row.expires_s),
    )


def head(connection: sqlite3.Connection, plugin: str, key: str) -> tuple[int, int, float | None]:
    """Return size, version and end of a row without its value, also of an expired one; zeros if none."""
    found = connection.execute(
        "SELECT length(CAST(key AS BLOB)) + length(value), version, expires_s FROM entries "
        "WHERE plugin = ? AND key = ?",
        (plugin, key),
    ).fetchone()
    return found or (0, 0, None)


def floor(connection: sqlite3.Connection, plugin: str) -> int:
    """Return the highest version that a deleted row of a plugin had."""
    found = connection.execute("SELECT version FROM floors WHERE plugin = ?", (plugin,)).fetchone()
    return 0 if found is None else found[0]


def delete(connection: sqlite3.Connection, plugin: str, key: str, version: int) -> None:
    """Delete a row that has this version."""
    connection.execute("DELETE FROM entries WHERE plugin = ? AND key = ?", (plugin, key))
    _raise_floor(connection, plugin, version)


def wipe(connection: sqlite3.Connection, plugin: str) -> int:
    """Delete all rows of a plugin; return how many there were."""
    count, highest = connection.execute(
        "SELECT count(*), coalesce(max(version), 0) FROM entries WHERE plugin = ?", (plugin,)
    ).fetchone()
    connection.execute("DELETE FROM entries WHERE plugin = ?", (plugin,))
    _raise_floor(connection, plugin, highest)
    return count


def drop_expired(
    connection: sqlite3.Connection, now_s: float, limit: int, plugin: str | None = None
) -> list[tuple[str, str, int]]:
    """Delete rows whose time has come, of one plugin or of all; return plugin, key and size of each."""
    only, whose = ("", ()) if plugin is None else ("AND plugin = ? ", (plugin,))
    rows: list[tuple[str, str, int, int]] = connection.execute(
        "SELECT plugin, key, length(CAST(key AS BLOB)) + length(value), version FROM entries "
        f"WHERE expires_s IS NOT NULL AND expires_s <= ? {only}LIMIT ?",
        (now_s, *whose, limit),
    ).fetchall()
    for owner, key, _, version in rows:
        delete(connection, owner, key, version)
    return [row[:3] for row in rows]


def may_expire(connection: sqlite3.Connection) -> bool:
    """Whether any row has a time to live."""
    found = connection.execute("SELECT 1 FROM entries WHERE expires_s IS NOT NULL LIMIT 1").fetchone()
    return found is not None


def latest_s(connection: sqlite3.Connection) -> float:
    """Return the latest time by which rows were judged, as it was last kept."""
    found = connection.execute("SELECT latest_s FROM clock").fetchone()
    return 0.0 if found is None else found[0]


def keep_latest_s(connection: sqlite3.Connection, now_s: float) -> None:
    """Keep the latest time by which rows are judged."""
    connection.execute("INSERT OR REPLACE INTO clock VALUES (1, ?)", (now_s,))


def items(
    connection: sqlite3.Connection, plugin: str, span: "Span", now_s: float, max_bytes: int
) -> tuple[list[tuple[str, Row]], bool]:
    """Return rows in order of their keys, and whether there may be more behind them.

    Ends where keys and values together have `max_bytes`; the first row comes whatever its size.
    """
    rows = connection.execute(
        f"SELECT key, value, version, expires_s {_SPAN}", (plugin, *span.bounds(), now_s, span.limit)
    )
    found: list[tuple[str, Row]] = []
    size = 0
    for key, value, version, expires_s in rows:
        size += len(key.encode()) + len(value)
        if found and size > max_bytes:
            rows.close()
            return found, True
        found.append((key, Row(value, version, expires_s)))
    return found, len(found) == span.limit


def keys(connection: sqlite3.Connection, plugin: str, span: "Span", now_s: float) -> list[str]:
    """Return the keys of the same rows."""
    rows = connection.execute(f"SELECT key {_SPAN}", (plugin, *span.bounds(), now_s, span.limit))
    return [row[0] for row in rows]


def listing(
    connection: sqlite3.Connection, plugin: str, span: "Span", now_s: float
) -> list[tuple[str, int, int, float | None]]:
    """Return key, size, version and end of the same rows, without reading the values."""
    return connection.execute(
        f"SELECT key, length(CAST(key AS BLOB)) + length(value), version, expires_s {_SPAN}",
        (plugin, *span.bounds(), now_s, span.limit),
    ).fetchall()


def usage(connection: sqlite3.Connection, plugin: str, now_s: float) -> tuple[int, int]:
    """Return number and size of a plugin's rows; `now_s` 0 counts expired ones too."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(length(CAST(key AS BLOB)) + length(value)), 0) "
        "FROM entries WHERE plugin = ? AND (expires_s IS NULL OR expires_s > ?)",
        (plugin, now_s),
    ).fetchone()
    return row[0], row[1]


def plugins(connection: sqlite3.Connection) -> list[str]:
    """Return who keeps anything."""
    return [row[0] for row in connection.execute("SELECT DISTINCT plugin FROM entries ORDER BY plugin")]


class Span(NamedTuple):
    """Which keys a list is of: those that begin with `prefix`, behind `after`, so many at most."""

    prefix: str = ""
    after: str = ""
    limit: int = 1_000

    def bounds(self) -> tuple[str, str, str]:
        """Return what keys lie behind, begin at, and end before."""
        # No key holds the last character of Unicode, which is not printable.
        return self.after, self.prefix, self.prefix + "\U0010ffff"


_SPAN: Final = (
    "FROM entries WHERE plugin = ? AND key > ? AND key >= ? AND key < ? "
    "AND (expires_s IS NULL OR expires_s > ?) ORDER BY key LIMIT ?"
)


def _raise_floor(connection: sqlite3.Connection, plugin: str, version: int) -> None:
    if version:
        connection.execute(
            "INSERT INTO floors VALUES (?, ?) "
            "ON CONFLICT (plugin) DO UPDATE SET version = max(version, excluded.version)",
            (plugin, version),
        )
