"""Archive: what was said, and what plugins were used for; one SQLite file."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, content TEXT NOT NULL, role TEXT NOT NULL, metadata TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS usage (
    plugin TEXT NOT NULL, action TEXT NOT NULL, timestamp REAL NOT NULL, metadata TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `metadata.plugin` says which plugin sent it, `metadata.user` which user."""

    id: int
    content: str
    role: str
    metadata: dict[str, Any]


class Archive:
    def __init__(self, file: Path) -> None:
        # A row takes some microseconds; a database that is slower belongs into a thread.
        self._connection = sqlite3.connect(file)
        self._connection.executescript(TABLES)

    def close(self) -> None:
        self._connection.close()

    def add(self, content: str, role: str, metadata: dict[str, Any]) -> Message:
        with self._connection:
            row = self._connection.execute(
                "INSERT INTO message (content, role, metadata) VALUES (?, ?, ?) RETURNING id",
                (content, role, json.dumps(metadata)),
            ).fetchone()
        return Message(row[0], content, role, metadata)

    def latest(self, limit: int) -> list[Message]:
        """Return the last messages, the oldest first."""
        rows = self._connection.execute(
            "SELECT id, content, role, metadata FROM message ORDER BY id DESC LIMIT ?", (limit,)
        ).fetchall()
        return [
            Message(number, content, role, json.loads(data)) for number, content, role, data in rows[::-1]
        ]

    def add_usage(self, plugin: str, action: str, timestamp: float, metadata: dict[str, Any]) -> None:
        with self._connection:
            self._connection.execute(
                "INSERT INTO usage VALUES (?, ?, ?, ?)", (plugin, action, timestamp, json.dumps(metadata))
            )

    def usage(self) -> list[tuple[str, str]]:
        """Return every tracked use: plugin and action."""
        return self._connection.execute("SELECT plugin, action FROM usage ORDER BY timestamp").fetchall()
