"""Journal: what plugins reported, their latest status and their events; one SQLite file."""

import json
import sqlite3
import time
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS status (
    plugin TEXT PRIMARY KEY, status TEXT NOT NULL, data TEXT NOT NULL, at_s REAL NOT NULL
);
CREATE TABLE IF NOT EXISTS event (
    plugin TEXT NOT NULL, name TEXT NOT NULL, data TEXT NOT NULL, at_s REAL NOT NULL
);
"""


class Journal:
    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        self._connection.executescript(TABLES)

    def close(self) -> None:
        self._connection.close()

    def set_status(self, plugin: str, status: str, data: dict[str, Any]) -> None:
        row = (plugin, status, json.dumps(data), time.time())
        with self._connection:
            self._connection.execute("INSERT OR REPLACE INTO status VALUES (?, ?, ?, ?)", row)

    def status(self, plugin: str) -> tuple[str, dict[str, Any]] | None:
        """Return the latest status that a plugin reported by itself."""
        row = self._connection.execute(
            "SELECT status, data FROM status WHERE plugin = ?", (plugin,)
        ).fetchone()
        return None if row is None else (row[0], json.loads(row[1]))

    def add_event(self, plugin: str, name: str, data: Any) -> None:
        row = (plugin, name, json.dumps(data), time.time())
        with self._connection:
            self._connection.execute("INSERT INTO event VALUES (?, ?, ?, ?)", row)

    def events(self, plugin: str) -> list[tuple[str, Any]]:
        """Return the events of a plugin, name and data, the oldest first."""
        rows = self._connection.execute(
            "SELECT name, data FROM event WHERE plugin = ? ORDER BY rowid", (plugin,)
        ).fetchall()
        return [(name, json.loads(data)) for name, data in rows]
