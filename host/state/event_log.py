"""`events.db`: events that must not be lost, how far each subscription has come, and what failed.

Pure functions of a connection. A subscription belongs to a plugin and is kept until it is forgotten, also
while its plugin does not run.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from typing import Final, NamedTuple

from host.errors import InvalidParams

MAX_ID: Final = 2**63 - 1
"""Largest integer that SQLite takes."""

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
        in_code INTEGER NOT NULL,
        cursor INTEGER NOT NULL,
        lagged INTEGER NOT NULL DEFAULT 0,
        PRIMARY KEY (plugin, name)
    ) WITHOUT ROWID;
    CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        plugin TEXT NOT NULL,
        name TEXT NOT NULL,
        seq INTEGER NOT NULL,
        topic TEXT NOT NULL,
        data BLOB NOT NULL,
        time_s REAL NOT NULL,
        failed_s REAL NOT NULL,
        error TEXT NOT NULL,
        again INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX dead_letters_of ON dead_letters (plugin, name);
    """,
)

MAX_READ_BYTES: Final = 4 * 1024 * 1024
"""Data of events that are read, and of dead letters that are deleted, at once; one more may be begun."""

MAX_LETTERS_AT_ONCE: Final = 1_000

_LETTER: Final = "id, plugin, name, seq, topic, data, time_s, failed_s, error, again"


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
    in_code: bool
    """Whether the plugin declares it; else it was made while the plugin ran."""
    cursor: int
    """`seq` of the last event that was handled, or need not be."""
    lagged: int
    """Events that were lost to it because they became too old."""


class KeptLetter(NamedTuple):
    """An event that a subscription could not handle."""

    id: int
    plugin: str
    name: str
    seq: int
    topic: str
    data: bytes
    time_s: float
    failed_s: float
    error: str
    again: bool
    """Whether it waits for one more try."""


def last_seq(connection: sqlite3.Connection) -> int:
    """Return the highest number that is known; 0 for an empty file."""
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
    """Return the events behind a number, in order; fewer than `limit` if they are big."""
    events: list[LoggedEvent] = []
    size = 0
    with closing(
        connection.execute(
            "SELECT seq, topic, data, time_s FROM events WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
        )
    ) as rows:
        for row in rows:
            event = LoggedEvent(*row)
            events.append(event)
            size += len(event.data)
            if size >= MAX_READ_BYTES:
                break
    return events


def topics_after(connection: sqlite3.Connection, seq: int) -> list[tuple[str, int]]:
    """Return each topic behind a number, and how many events it has."""
    return connection.execute(
        "SELECT topic, count(*) FROM events WHERE seq > ? GROUP BY topic", (seq,)
    ).fetchall()


def seq_before(connection: sqlite3.Connection, time_s: float) -> int:
    """Return the number before the first event of that time or later."""
    row = connection.execute("SELECT min(seq) - 1 FROM events WHERE time_s >= ?", (time_s,)).fetchone()
    return last_seq(connection) if row[0] is None else row[0]


def delete_until(connection: sqlite3.Connection, seq: int) -> None:
    """Delete the oldest events, up to and with a number."""
    connection.execute("DELETE FROM events WHERE seq <= ?", (seq,))


def used_bytes(connection: sqlite3.Connection) -> int:
    """Return how much of the file is in use."""
    pages, free, size = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return (pages - free) * size


def subscriptions(connection: sqlite3.Connection) -> list[KeptSubscription]:
    """Return all durable subscriptions."""
    rows = connection.execute(
        "SELECT plugin, name, topics, filter, in_code, cursor, lagged FROM subscriptions"
    )
    return [KeptSubscription(*row) for row in rows]


def subscribe(connection: sqlite3.Connection, one: KeptSubscription) -> None:
    """Keep a subscription; one that is there keeps its cursor."""
    connection.execute(
        "INSERT INTO subscriptions (plugin, name, topics, filter, in_code, cursor, lagged) "
        "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (plugin, name) DO UPDATE "
        "SET topics = excluded.topics, filter = excluded.filter, in_code = excluded.in_code",
        one,
    )


def unsubscribe(connection: sqlite3.Connection, plugin: str, name: str) -> None:
    """Forget a subscription and its dead letters."""
    connection.execute("DELETE FROM subscriptions WHERE plugin = ? AND name = ?", (plugin, name))
    connection.execute("DELETE FROM dead_letters WHERE plugin = ? AND name = ?", (plugin, name))


def forget(connection: sqlite3.Connection, plugin: str) -> int:
    """Forget every subscription of a plugin, and its dead letters; return how many of both there were."""
    rows = connection.execute("DELETE FROM subscriptions WHERE plugin = ?", (plugin,)).rowcount
    return rows + connection.execute("DELETE FROM dead_letters WHERE plugin = ?", (plugin,)).rowcount


def move(connection: sqlite3.Connection, plugin: str, name: str, cursor: int) -> None:
    """Set how far a subscription has come."""
    connection.execute(
        "UPDATE subscriptions SET cursor = ? WHERE plugin = ? AND name = ?", (cursor, plugin, name)
    )


def lose(connection: sqlite3.Connection, plugin: str, name: str, cursor: int, events: int) -> None:
    """Move a subscription behind events that it has lost."""
    connection.execute(
        "UPDATE subscriptions SET cursor = max(cursor, ?), lagged = lagged + ? WHERE plugin = ? AND name = ?",
        (cursor, events, plugin, name),
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


def dead_letters(connection: sqlite3.Connection, plugin: str | None, limit: int) -> list[KeptLetter]:
    """Return dead letters, oldest first."""
    rows = connection.execute(
        f"SELECT {_LETTER} FROM dead_letters WHERE ?1 IS NULL OR plugin = ?1 ORDER BY id LIMIT ?2",
        (plugin, limit),
    )
    return [KeptLetter(*row) for row in rows]


def drop_oldest_letters(connection: sqlite3.Connection) -> int:
    """Forget some dead letters, the oldest ones; return how many."""
    size = count = last = 0
    for one, length in connection.execute(
        "SELECT id, length(data) FROM dead_letters ORDER BY id LIMIT ?", (MAX_LETTERS_AT_ONCE,)
    ):
        last, count, size = one, count + 1, size + length
        if size >= MAX_READ_BYTES // 4:
            break
    connection.execute("DELETE FROM dead_letters WHERE id <= ?", (last,))
    return count


def next_again(connection: sqlite3.Connection, plugin: str, name: str) -> KeptLetter | None:
    """Return the oldest dead letter of a subscription that is to be tried again."""
    row = connection.execute(
        f"SELECT {_LETTER} FROM dead_letters WHERE plugin = ? AND name = ? AND again = 1 ORDER BY id LIMIT 1",
        (plugin, name),
    ).fetchone()
    return None if row is None else KeptLetter(*row)


def ask_again(connection: sqlite3.Connection, plugin: str, ids: Iterable[int] | None) -> int:
    """Have dead letters of a plugin tried again, all without `ids`; return how many.

    Raises InvalidParams where the plugin has none of one of these ids.
    """
    if ids is None:
        return connection.execute("UPDATE dead_letters SET again = 1 WHERE plugin = ?", (plugin,)).rowcount
    wanted = tuple(ids)
    missing = [one for one in wanted if not _has_letter(connection, plugin, one)]
    if missing:
        raise InvalidParams(
            f"ids: plugin {plugin!r} has no dead letter {', '.join(repr(one)[:40] for one in missing[:3])}",
            remedy=f"list what it has: plughost events dead {plugin}, or host.events.dead_letters",
        )
    for one in wanted:
        connection.execute("UPDATE dead_letters SET again = 1 WHERE id = ?", (one,))
    return len(wanted)


def _has_letter(connection: sqlite3.Connection, plugin: str, letter: int) -> bool:
    if type(letter) is not int or not 0 < letter <= MAX_ID:  # SQLite takes no other
        return False
    found = connection.execute("SELECT 1 FROM dead_letters WHERE plugin = ? AND id = ?", (plugin, letter))
    return found.fetchone() is not None


def failed_again(connection: sqlite3.Connection, letter: int, failed_s: float, error: str) -> None:
    """Keep a dead letter after one more try."""
    connection.execute(
        "UPDATE dead_letters SET again = 0, failed_s = ?, error = ? WHERE id = ?", (failed_s, error, letter)
    )


def drop_letter(connection: sqlite3.Connection, letter: int) -> None:
    """Forget a dead letter."""
    connection.execute("DELETE FROM dead_letters WHERE id = ?", (letter,))
