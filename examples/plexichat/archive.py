"""Archive: the messages and files that were let through; one SQLite file."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

TABLES = """
CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, sender TEXT NOT NULL, content TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS file (id INTEGER PRIMARY KEY, sender TEXT NOT NULL, name TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Message:
    id: int
    sender: str
    """A user's name, or a plugin's id behind `plugin:`."""
    content: str

    @property
    def by_plugin(self) -> bool:
        return self.sender.startswith("plugin:")


class Archive:
    def __init__(self, file: Path) -> None:
        # A row takes some microseconds; a database that is slower belongs into a thread.
        self._connection = sqlite3.connect(file)
        self._connection.executescript(TABLES)

    def close(self) -> None:
        self._connection.close()

    def add(self, sender: str, content: str) -> Message:
        with self._connection:
            row = self._connection.execute(
                "INSERT INTO message (sender, content) VALUES (?, ?) RETURNING id", (sender, content)
            ).fetchone()
        return Message(row[0], sender, content)

    def messages(self) -> list[Message]:
        """Return all, the oldest first."""
        rows = self._connection.execute("SELECT id, sender, content FROM message ORDER BY id")
        return [Message(*row) for row in rows]

    def add_file(self, sender: str, name: str) -> None:
        with self._connection:
            self._connection.execute("INSERT INTO file (sender, name) VALUES (?, ?)", (sender, name))

    def files(self) -> list[str]:
        return [row[0] for row in self._connection.execute("SELECT name FROM file ORDER BY id")]
