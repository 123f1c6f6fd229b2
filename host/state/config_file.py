"""`config.db`: what was set of plugins' configurations, as revisions. Pure functions of a connection.

Each revision holds a whole layer, so that going back is copying one. Values may hold secrets: the file is
its owner's alone.
"""

import sqlite3
from typing import Final, NamedTuple

SCHEMA: Final = (
    """
    CREATE TABLE revisions (
        plugin TEXT NOT NULL,
        revision INTEGER NOT NULL,
        at_s REAL NOT NULL,
        who TEXT NOT NULL,
        layer BLOB NOT NULL,
        PRIMARY KEY (plugin, revision)
    ) WITHOUT ROWID;
    """,
)

KEPT_REVISIONS: Final = 200
"""Of each plugin; older ones go."""

_COLUMNS: Final = "revision, at_s, who, layer"


class Row(NamedTuple):
    """One revision."""

    revision: int
    at_s: float
    who: str
    layer: bytes
    """JSON text of the whole layer."""


def latest(connection: sqlite3.Connection) -> dict[str, Row]:
    """Return the newest revision of each plugin."""
    rows = connection.execute(
        f"SELECT plugin, {_COLUMNS} FROM revisions AS r WHERE revision = "
        "(SELECT max(revision) FROM revisions WHERE plugin = r.plugin)"
    )
    return {plugin: Row(*row) for plugin, *row in rows}


def append(connection: sqlite3.Connection, plugin: str, row: Row) -> None:
    """Add a revision; the oldest ones go."""
    connection.execute(f"INSERT INTO revisions (plugin, {_COLUMNS}) VALUES (?, ?, ?, ?, ?)", (plugin, *row))
    connection.execute(
        "DELETE FROM revisions WHERE plugin = ? AND revision <= ?", (plugin, row.revision - KEPT_REVISIONS)
    )


def forget(connection: sqlite3.Connection, plugin: str) -> int:
    """Delete every revision of a plugin; return how many there were."""
    return connection.execute("DELETE FROM revisions WHERE plugin = ?", (plugin,)).rowcount


def history(connection: sqlite3.Connection, plugin: str, limit: int) -> list[Row]:
    """Return the newest revisions, the latest first."""
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM revisions WHERE plugin = ? ORDER BY revision DESC LIMIT ?", (plugin, limit)
    )
    return [Row(*row) for row in rows]


def find(connection: sqlite3.Connection, plugin: str, revision: int) -> Row | None:
    """Return one revision."""
    row = connection.execute(
        f"SELECT {_COLUMNS} FROM revisions WHERE plugin = ? AND revision = ?", (plugin, revision)
    ).fetchone()
    return None if row is None else Row(*row)
