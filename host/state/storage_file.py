"""`storage.db`: what plugins keep, as rows of plugin and key. Pure functions of a connection.

Every function names the plugin whose rows it touches, so no other's can be reached. Sizes are those of key
and value in UTF-8. Expired rows count as not there.
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


def size(connection: sqlite3.Connection, plugin: str, key: str) -> tuple[int, int]:
    """Return size and version of a key's row, an expired one included; zeros if there is none."""
    found = connection.execute(
        "SELECT length(CAST(key AS BLOB)) + length(value), version FROM entries WHERE plugin = ? AND key = ?",
        (plugin, key),
    ).fetchone()
    return (0, 0) if found is None else (found[0], found[1])


def delete(connection: sqlite3.Connection, plugin: str, key: str) -> None:
    """Delete a row."""
    connection.execute("DELETE FROM entries WHERE plugin = ? AND key = ?", (plugin, key))


def items(
    connection: sqlite3.Connection, plugin: str, prefix: str, after: str, limit: int, now_s: float
) -> list[tuple[str, Row]]:
    """Return rows whose keys begin with a prefix, in order of their keys, behind `after`."""
    rows = connection.execute(
        "SELECT key, value, version, expires_s FROM entries WHERE plugin = ? AND key > ? AND key >= ? "
        "AND substr(key, 1, ?) = ? AND (expires_s IS NULL OR expires_s > ?) ORDER BY key LIMIT ?",
        (plugin, after, prefix, len(prefix), prefix, now_s, limit),
    )
    return [(row[0], Row(*row[1:])) for row in rows]


def keys(
    connection: sqlite3.Connection, plugin: str, prefix: str, after: str, limit: int, now_s: float
) -> list[str]:
    """Return the keys of the same rows."""
    rows = connection.execute(
        "SELECT key FROM entries WHERE plugin = ? AND key > ? AND key >= ? AND substr(key, 1, ?) = ? "
        "AND (expires_s IS NULL OR expires_s > ?) ORDER BY key LIMIT ?",
        (plugin, after, prefix, len(prefix), prefix, now_s, limit),
    )
    return [row[0] for row in rows]


def usage(connection: sqlite3.Connection, plugin: str) -> tuple[int, int]:
    """Return number and size of all rows of a plugin."""
    row = connection.execute(
        "SELECT count(*), coalesce(sum(length(CAST(key AS BLOB)) + length(value)), 0) "
        "FROM entries WHERE plugin = ?",
        (plugin,),
    ).fetchone()
    return row[0], row[1]


def plugins(connection: sqlite3.Connection) -> list[str]:
    """Return who keeps anything."""
    return [row[0] for row in connection.execute("SELECT DISTINCT plugin FROM entries ORDER BY plugin")]


def expired(connection: sqlite3.Connection, now_s: float, limit: int) -> list[tuple[str, str]]:
    """Return plugin and key of rows whose time has come."""
    rows = connection.execute(
        "SELECT plugin, key FROM entries WHERE expires_s IS NOT NULL AND expires_s <= ? LIMIT ?",
        (now_s, limit),
    )
    return [(row[0], row[1]) for row in rows]


def wipe(connection: sqlite3.Connection, plugin: str) -> int:
    """Delete all rows of a plugin; return how many there were."""
    return connection.execute("DELETE FROM entries WHERE plugin = ?", (plugin,)).rowcount
