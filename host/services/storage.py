"""What plugins keep: rows by plugin and key, in a database and a cache before it.

Owns when a change is done and what may be believed to be there. Reads come from the cache or from a reader's
thread, changes go through the one writer and are on the disk when they are answered. Plugins reach it through
`host.services.storage_functions`, operators through `host.services.storage_view`.
"""

import asyncio
import logging
import math
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup

from host.clock import Clock
from host.errors import HostClosed, InvalidParams, PlughostError
from host.facade import Joining
from host.services.storage_cache import StorageCache
from host.services.storage_changes import Left, Writer
from host.services.storage_time import StorageTime
from host.state import storage_file
from host.state.database import Database
from host.state.settled import held
from host.state.storage_file import Row, Span
from protocol.messages.storage import StorageOperation, StorageUsage

logger = logging.getLogger(__name__)

FILE: Final = "storage.db"
DEFAULT_QUOTA_BYTES: Final = 64 * 1024 * 1024
MAX_KEY_BYTES: Final = 1_024
MAX_OPERATIONS: Final = 1_000
MAX_LIMIT: Final = 1_000
"""Keys of one page; a page of the longest ones is far below a frame's bound."""

MAX_PAGE_BYTES: Final = 4 * 1024 * 1024
"""Keys and values of one page."""

MAX_TTL_S: Final = 10 * 365 * 86_400.0
SWEEP_S: Final = 30.0
"""How often rows whose time has come are deleted; they count as gone before."""

_SWEPT_AT_ONCE: Final = 1_000


class Storage:
    """All that plugins of one host keep."""

    def __init__(self, clock: Clock, quota_bytes: int = DEFAULT_QUOTA_BYTES) -> None:
        self._default_quota_bytes = quota_bytes
        self._quotas: dict[str, int] = {}
        """Of plugins whose manifest asks for one; kept when they stop, as what they keep is."""
        self.cache = StorageCache()
        self._time = StorageTime(clock)
        self.files_bytes: dict[str, int] = {}
        """What lies in plugins' own folders, as it was counted last; it takes room from their quota."""
        self._writer = Writer(self._room_bytes)
        self._database: Database | None = None
        self._sweeping: anyio.CancelScope | None = None

    @property
    def database(self) -> Database:
        """The file, while the host runs."""
        if self._database is None:
            raise HostClosed("the storage is not open")
        return self._database

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Open the file and begin to sweep; see `Opens`."""
        # Nothing is believed of what an earlier run of this host, perhaps in another folder, has seen.
        self.cache = StorageCache()
        self._writer.forget()
        self._database = Database(folder / FILE, storage_file.SCHEMA, undone=self._writer.forget)
        await self._database.open()
        self._time.begin(await self._database.read(storage_file.latest_s))
        self._sweeping = anyio.CancelScope()
        tasks.start_soon(self._keep_sweeping, self._sweeping)

    async def aclose(self) -> None:
        """Write what is under way, and close."""
        if self._sweeping is not None:
            self._sweeping.cancel()
            self._sweeping = None
            await self.sweep()
        if self._database is not None:
            await self._database.aclose()

    # What its manifest says of it; see `Registry`.

    def check(self, session: Joining) -> Iterable[str]:
        """Find nothing wrong: the manifest's reader has checked the figure."""
        return ()

    def join(self, session: Joining) -> None:
        """Let it keep as much as its manifest asks for, or as this host lets everybody."""
        asked = session.manifest.limits.storage_bytes
        if asked is None:
            self._quotas.pop(session.plugin, None)
        else:
            self._quotas[session.plugin] = asked

    def activated(self, session: Joining) -> None:
        """Do nothing: it could use its storage before."""

    def leave(self, session: Joining) -> None:
        """Do nothing: what it keeps stays."""

    # What others of the host use.

    def quota_bytes(self, plugin: str) -> int:
        """How much a plugin may keep."""
        return self._quotas.get(plugin, self._default_quota_bytes)

    def _room_bytes(self, plugin: str) -> int:
        return max(0, self.quota_bytes(plugin) - self.files_bytes.get(plugin, 0))

    def now_s(self) -> float:
        """Seconds since the epoch; never earlier than before, so that no key comes back to life."""
        return self._time.now_s()

    async def row(self, plugin: str, key: str) -> Row | None:
        """Return what is kept under a key."""
        known, row = self.cache.get(plugin, key)
        if not known:
            _check_key(key)
            row = await self._read(plugin, key)
        if row is not None and row.expires_s is not None and row.expires_s <= self.now_s():
            return None
        return row

    async def page(self, plugin: str, span: Span) -> tuple[list[tuple[str, Row]], bool]:
        """Return rows in order, and whether there may be more of them."""
        _check_span(span)
        now_s = self.now_s()
        return await self.database.read(
            lambda connection: storage_file.items(connection, plugin, span, now_s, MAX_PAGE_BYTES)
        )

    async def keys(self, plugin: str, span: Span) -> list[str]:
        """Return keys in order."""
        _check_span(span)
        now_s = self.now_s()
        return await self.database.read(lambda connection: storage_file.keys(connection, plugin, span, now_s))

    async def listing(self, plugin: str, span: Span) -> list[tuple[str, int, int, float | None]]:
        """Return key, size, version and end of rows, in order."""
        _check_span(span)
        now_s = self.now_s()
        return await self.database.read(
            lambda connection: storage_file.listing(connection, plugin, span, now_s)
        )

    async def usage(self, plugin: str) -> StorageUsage:
        """Tell how much a plugin keeps, and how much it may."""
        now_s = self.now_s()
        keys, size = await self.database.read(
            lambda connection: storage_file.usage(connection, plugin, now_s)
        )
        return StorageUsage(keys, size, self.quota_bytes(plugin), self.files_bytes.get(plugin, 0))

    async def change(self, plugin: str, operation: StorageOperation) -> Any:
        """Do one operation; return its result."""
        return (await self.apply(plugin, [operation]))[0]

    async def apply(self, plugin: str, operations: Sequence[StorageOperation]) -> list[Any]:
        """Do all operations or none, and return once they are on the disk.

        Raises:
            QuotaExceeded, Conflict, InvalidParams, DiskFull: Nothing of it was done.
        """
        for number, operation in enumerate(operations):
            _check(operation, "" if len(operations) == 1 else f"operations[{number}].")
        now_s = self.now_s()
        writer = self._writer

        def job(connection: sqlite3.Connection) -> tuple[list[Any], Left]:
            return writer.apply(connection, plugin, operations, now_s)

        future = self.database.submit(job)
        # In the future's own callback: also for a caller that is cancelled, and before anybody reads.
        future.add_done_callback(lambda done: self._written(plugin, done))
        results, _ = await held(future)
        return results

    async def wipe(self, plugin: str) -> int:
        """Delete everything of a plugin; return how many keys there were."""
        writer = self._writer

        def job(connection: sqlite3.Connection) -> int:
            writer.forget()
            return storage_file.wipe(connection, plugin)

        future = self.database.submit(job)
        future.add_done_callback(lambda _: self.cache.forget(plugin))
        return await held(future)

    async def forget(self, plugin: str) -> int:
        """Delete everything of a plugin that is gone, and what its manifest asked for; see `wipe`."""
        keys = await self.wipe(plugin)
        self._quotas.pop(plugin, None)
        return keys

    async def sweep(self) -> int:
        """Delete rows whose time has come; return how many."""
        now_s = self.now_s()
        writer = self._writer
        gone = 0
        try:
            if not await self.database.read(storage_file.may_expire):
                return 0  # a host at rest does not write
            while True:
                future = self.database.submit(lambda one: writer.expire(one, now_s, _SWEPT_AT_ONCE))
                future.add_done_callback(self._swept)
                swept = len(await asyncio.shield(future))
                gone += swept
                if swept < _SWEPT_AT_ONCE:
                    return gone
        except PlughostError as exc:
            logger.warning("expired keys could not be deleted: %s", exc)
        return gone

    def _written(self, plugin: str, done: "asyncio.Future[tuple[list[Any], Left]]") -> None:
        if done.cancelled() or done.exception() is not None:
            return
        for key, row in done.result()[1].items():
            self.cache.written(plugin, key, row)

    def _swept(self, done: "asyncio.Future[list[tuple[str, str]]]") -> None:
        if done.cancelled() or done.exception() is not None:
            return
        for plugin, key in done.result():
            self.cache.written(plugin, key, None)

    async def _read(self, plugin: str, key: str) -> Row | None:
        self.cache.begin_read(plugin, key)
        row: Row | None = None
        failed = True
        try:
            # Also what has expired, so that the cache knows the row as it is.
            row = await self.database.read(lambda connection: storage_file.get(connection, plugin, key, 0.0))
            failed = False
        finally:
            self.cache.end_read(plugin, key, row, failed=failed)
        return row

    async def _keep_sweeping(self, sweeping: anyio.CancelScope) -> None:
        with sweeping:
            while True:
                await anyio.sleep(SWEEP_S)
                await self.sweep()


def _check(operation: StorageOperation, place: str) -> None:
    _check_key(operation.key, place)
    ttl_s, keep = operation.ttl_s, operation.keep
    if ttl_s is not None and not 0.0 < ttl_s <= MAX_TTL_S:
        raise InvalidParams(f"{place}ttl_s: found {ttl_s}; allowed: more than 0, at most {MAX_TTL_S:.0f}")
    if keep is not None and keep < 1:
        raise InvalidParams(f"{place}keep: found {keep}; allowed: 1 or more")
    if not _is_finite(operation.by):
        found = str(operation.by)[:40]
        raise InvalidParams(f"{place}by: found {found}; allowed: a number that a float can hold")


def _is_finite(number: int | float) -> bool:
    try:
        return math.isfinite(number)
    except OverflowError:  # an integer beyond every float; JSON's have no bound
        return False


def _check_key(key: str, place: str = "") -> None:
    size = len(key.encode(errors="replace"))
    if not key or size > MAX_KEY_BYTES or not key.isprintable():
        raise InvalidParams(
            f"{place}key: found {key[:80]!r} of {size} bytes; allowed: 1 to {MAX_KEY_BYTES} bytes of UTF-8, "
            "without control characters",
            remedy="choose a shorter key; what is long goes into the value",
        )


def _check_span(span: Span) -> None:
    if not 1 <= span.limit <= MAX_LIMIT:
        raise InvalidParams(f"limit: found {span.limit}; allowed: 1 to {MAX_LIMIT}")
    for name, text in (("prefix", span.prefix), ("after", span.after)):
        if len(text.encode(errors="replace")) > MAX_KEY_BYTES or (text and not text.isprintable()):
            raise InvalidParams(
                f"{name}: found {text[:80]!r}; allowed: at most {MAX_KEY_BYTES} bytes, as in a key"
            )
