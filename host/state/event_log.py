"""`events.db`: events that must not be lost, and how far each subscription has handled them.

Pure functions of a connection. A subscription belongs to a plugin and is kept until it is forgotten, also
while its plugin does not run.
"""

import sqlite3
from collections.abc import Iterable
from typing import Final, NamedTuple

SCHEMA: Final = (
    """
    CREATE TABLE events (
        seq INTEGER PRIMARY KEY,
        topic TEXT NOT NULL,
        data BLOB NOT NULL,
        time_s REAL NOT NULL
    );
    CREATE TABLE subscriptions (
        plugin TEXT NOT NULL,
        name TEXT NOT NULL,
        topics TEXT NOT NULL,
        filter TEXT NOT NULL,
        cursor INTEGER NOT NULL,
        lagged INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (plugin, name)
    ) WITHOUT ROWID;
    CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY,
        plugin TEXT NOT NULL,
        name TEXT NOT NULL,
        seq INTEGER NOT NULL,
        topic TEXT NOT NULL,
        data BLOB NOT NULL,
        time_s REAL NOT NULL,
        failed_s REAL NOT NULL,
        error TEXT NOT NULL
    );
    """,
)


class LoggedEvent(NamedTuple):
    """One event of the log."""

    seq: int
    topic: str
    data: bytes
    time_s: float


class KeptSubscription(NamedTuple):
    """A durable subscription and how far it has come."""

    plugin: str
    name: str
    topics: str
    """JSON list of patterns."""
    filter: str
    """JSON object."""
    cursor: int
    """`seq` of the last event that was handled, or need not be."""
    lagged: int
    """Events that were lost to it because they became too old."""


class DeadLetter(NamedTuple):
    """An event that a subscription could not handle."""

    id: int
    plugin: str
    subscription: str
    seq: int
    topic: str
    data: bytes
    time_s: float
    failed_s: float
    error: str


def last_seq(connection: sqlite3.Connection) -> int:
    """Return the highest number that was ever given; 0 for an empty file."""
    row = connection.execute(
        "SELECT max(coalesce((SELECT max(seq) FROM events), 0), "
        "coalesce((SELECT max(cursor) FROM subscriptions), 0), "
        "coalesce((SELECT max(seq) FROM dead_letters), 0))"
    ).fetchone()
    return row[0]


def append(connection: sqlite3.Connection, event: LoggedEvent) -> None:
    """Keep an event."""
    connection.execute("INSERT INTO events (seq, topic, data, time_s) VALUES (?, ?, ?, ?)", event)


def after(connection: sqlite3.Connection, seq: int, limit: int) -> list[LoggedEvent]:
    """Return the events behind a number, in order."""
    rows = connection.execute(
        "SELECT seq, topic, data, time_s FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
    )
    return [LoggedEvent(*row) for row in rows]


def seq_at(connection: sqlite3.Connection, time_s: float) -> int:
    """Return the number before the first event of that time or later."""
    row = connection.execute("SELECT min(seq) - 1 FROM events WHERE time_s >= ?", (time_s,)).fetchone()
    return last_seq(connection) if row[0] is None else row[0]


def subscriptions(connection: sqlite3.Connection) -> list[KeptSubscription]:
    """Return all durable subscriptions."""
    rows = connection.execute("SELECT plugin, name, topics, filter, cursor, lagged FROM subscriptions")
    return [KeptSubscription(*row) for row in rows]


def subscribe(connection: sqlite3.Connection, one: KeptSubscription) -> int:
    """Keep a subscription; one that is there keeps its cursor. Return the cursor."""
    connection.execute(
        "INSERT INTO subscriptions (plugin, name, topics, filter, cursor, lagged) VALUES (?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (plugin, name) DO UPDATE SET topics = excluded.topics, filter = excluded.filter",
        one,
    )
    row = connection.execute(
        "SELECT cursor FROM subscriptions WHERE plugin = ? AND name = ?", (one.plugin, one.name)
    ).fetchone()
    return row[0]


def unsubscribe(connection: sqlite3.Connection, plugin: str, name: str | None = None) -> None:
    """Forget a subscription, or all of a plugin."""
    if name is None:
        connection.execute("DELETE FROM subscriptions WHERE plugin = ?", (plugin,))
    else:
        connection.execute("DELETE FROM subscriptions WHERE plugin = ? AND name = ?", (plugin, name))


def move(connection: sqlite3.Connection, plugin: str, name: str, cursor: int) -> None:
    """Set how far a subscription has come."""
    connection.execute(
        "UPDATE subscriptions SET cursor = ? WHERE plugin = ? AND name = ?", (cursor, plugin, name)
    )


def bury(
    connection: sqlite3.Connection, plugin: str, name: str, event: LoggedEvent, failed_s: float, error: str
) -> None:
    """Keep an event as a dead letter, and go on behind it."""
    connection.execute(
        "INSERT INTO dead_letters (plugin, name, seq, topic, data, time_s, failed_s, error) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (plugin, name, *event, failed_s, error),
    )
    move(connection, plugin, name, event.seq)


def dead_letters(connection: sqlite3.Connection, plugin: str | None, limit: int) -> list[DeadLetter]:
    """Return dead letters, oldest first."""
    rows = connection.execute(
        "SELECT id, plugin, name, seq, topic, data, time_s, failed_s, error FROM dead_letters "
        "WHERE ? IS NULL OR plugin = ? ORDER BY id LIMIT ?",
        (plugin, plugin, limit),
    )
    return [DeadLetter(*row) for row in rows]


def drop_dead_letters(connection: sqlite3.Connection, ids: Iterable[int]) -> None:
    """Forget dead letters."""
    connection.executemany("DELETE FROM dead_letters WHERE id = ?", [(one,) for one in ids])


def retire(connection: sqlite3.Connection, before_s: float, most_bytes: int) -> list[KeptSubscription]:
    """Delete what is too old or too much, and what every subscription has behind it.

    Return the subscriptions that lost events by it, with how many they have lost in all.
    """
    cursors = subscriptions(connection)
    done = min((one.cursor for one in cursors), default=last_seq(connection))
    connection.execute("DELETE FROM events WHERE seq <= ? AND time_s < ?", (done, before_s))
    old = connection.execute("SELECT max(seq) FROM events WHERE time_s < ?", (before_s,)).fetchone()[0] or 0
    size = 0
    if connection.execute("SELECT coalesce(sum(length(data)), 0) FROM events").fetchone()[0] > most_bytes:
        for seq, length in connection.execute("SELECT seq, length(data) FROM events ORDER BY seq DESC"):
            size += length
            if size > most_bytes:
                old = max(old, seq)
                break
    lost: list[KeptSubscription] = []
    for one in cursors:
        missed: int = connection.execute(
            "SELECT count(*) FROM events WHERE seq > ? AND seq <= ?", (one.cursor, old)
        ).fetchone()[0]
        if missed:
            connection.execute(
                "UPDATE subscriptions SET cursor = ?, lagged = lagged + ? WHERE plugin = ? AND name = ?",
                (old, missed, one.plugin, one.name),
            )
            lost.append(one._replace(cursor=old, lagged=one.lagged + missed))
    connection.execute("DELETE FROM events WHERE seq <= ?", (old,))
    return lost
