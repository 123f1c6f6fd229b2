"""History: what was done to plugins, and how their states changed; one SQLite file."""

import sqlite3
import time
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS operation (
    at_s REAL NOT NULL, operation TEXT NOT NULL, plugin TEXT NOT NULL, outcome TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS change (
    at_s REAL NOT NULL, plugin TEXT NOT NULL, old TEXT NOT NULL, new TEXT NOT NULL, reason TEXT NOT NULL
);
"""


class History:
    def __init__(self, file: Path) -> None:
        self._connection = sqlite3.connect(file)
        self._connection.executescript(TABLES)

    def close(self) -> None:
        self._connection.close()

    def add_operation(self, operation: str, plugin: str, outcome: str) -> None:
        with self._connection:
            self._connection.execute(
                "INSERT INTO operation VALUES (?, ?, ?, ?)", (time.time(), operation, plugin, outcome)
            )

    def operations(self, limit: int) -> list[tuple[str, str, str]]:
        """Return the last operations: which, on which plugin, with which outcome; the latest first."""
        return self._connection.execute(
            "SELECT operation, plugin, outcome FROM operation ORDER BY rowid DESC LIMIT ?", (limit,)
        ).fetchall()

    def add_change(self, plugin: str, old: str, new: str, reason: str) -> None:
        with self._connection:
            self._connection.execute(
                "INSERT INTO change VALUES (?, ?, ?, ?, ?)", (time.time(), plugin, old, new, reason)
            )

    def states(self, plugin: str) -> list[str]:
        """Return the states that a plugin went through, the oldest first."""
        rows = self._connection.execute(
            "SELECT new FROM change WHERE plugin = ? ORDER BY rowid", (plugin,)
        ).fetchall()
        return [state for (state,) in rows]
