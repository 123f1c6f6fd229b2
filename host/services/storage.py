"""`storage.*`: what plugins keep, each for itself. Whose it is comes from the connection, not from a plugin.

Reads come from the cache or from a reader's thread, changes go through the one writer and are on the disk
when they are answered. The operator's view of it is `host.services.storage_view`.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import anyio
import msgspec
from anyio.abc import TaskGroup

from host.clock import Clock
from host.errors import HostClosed, InvalidParams, PlughostError
from host.facade import Caller
from host.routing.gateway import ApiGateway
from host.services.storage_cache import StorageCache
from host.services.storage_changes import Left, Writer
from host.state import storage_file
from host.state.database import Database
from host.state.storage_file import Row
from protocol.messages.storage import StorageEntry, StorageItem, StorageOperation, StorageUsage

logger = logging.getLogger(__name__)

FILE: Final = "storage.db"
DEFAULT_QUOTA_BYTES: Final = 64 * 1024 * 1024
MAX_KEY_BYTES: Final = 1_024
MAX_OPERATIONS: Final = 1_000
MAX_LIMIT: Final = 10_000
MAX_TTL_S: Final = 10 * 365 * 86_400.0
SWEEP_S: Final = 30.0
"""How often rows whose time has come are deleted; they count as gone before."""

_SWEPT_AT_ONCE: Final = 1_000
_NULL: Final = msgspec.Raw(b"null")
_METHODS: Final = (
    "get",
    "entry",
    "set",
    "delete",
    "keys",
    "items",
    "compare_and_set",
    "incr",
    "append",
    "transaction",
    "usage",
)


class Storage:
    """All that plugins of one host keep."""

    def __init__(self, clock: Clock, quota_bytes: int = DEFAULT_QUOTA_BYTES) -> None:
        self.quota_bytes = quota_bytes
        self.cache = StorageCache()
        self._clock = clock
        self._latest_s = 0.0
        self._writer = Writer(quota_bytes)
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
        self._database = Database(folder / FILE, storage_file.SCHEMA, undone=self._writer.forget)
        await self._database.open()
        self._sweeping = anyio.CancelScope()
        tasks.start_soon(self._sweep, self._sweeping)

    async def aclose(self) -> None:
        """Write what is under way, and close."""
        if self._sweeping is not None:
            self._sweeping.cancel()
        if self._database is not None:
            await self._database.aclose()

    def attach(self, gateway: ApiGateway) -> None:
        """Publish the functions to plugins."""
        for name in _METHODS:
            gateway.attach_builtin(f"storage.{name}", getattr(self, name))

    def now_s(self) -> float:
        """Seconds since the epoch; never earlier than before, so that no key comes back to life."""
        self._latest_s = max(self._latest_s, self._clock.wall())
        return self._latest_s

    # What plugins call.

    async def get(self, caller: Caller, key: str) -> msgspec.Raw:
        """Return a value; null if there is none."""
        row = await self.row(caller.plugin, key)
        return _NULL if row is None else msgspec.Raw(row.value)

    async def entry(self, caller: Caller, key: str) -> StorageEntry:
        """Return a value with its version."""
        row = await self.row(caller.plugin, key)
        if row is None:
            return StorageEntry(False)
        return StorageEntry(True, msgspec.Raw(row.value), row.version, row.expires_s)

    async def set(self, caller: Caller, key: str, value: msgspec.Raw, ttl_s: float | None = None) -> int:
        """Keep a value; returns the key's version."""
        return await self.change(caller.plugin, StorageOperation("set", key, value, ttl_s))

    async def delete(self, caller: Caller, key: str) -> bool:
        """Delete a key; returns whether it was there."""
        return await self.change(caller.plugin, StorageOperation("delete", key))

    async def keys(self, caller: Caller, prefix: str = "", after: str = "", limit: int = 1_000) -> list[str]:
        """List keys in order."""
        _check_list(prefix, after, limit)
        now_s = self.now_s()
        return await self.database.read(
            lambda connection: storage_file.keys(connection, caller.plugin, prefix, after, limit, now_s)
        )

    async def items(
        self, caller: Caller, prefix: str = "", after: str = "", limit: int = 1_000
    ) -> list[StorageItem]:
        """List keys and values in order."""
        _check_list(prefix, after, limit)
        now_s = self.now_s()
        rows = await self.database.read(
            lambda connection: storage_file.items(connection, caller.plugin, prefix, after, limit, now_s)
        )
        return [StorageItem(key, msgspec.Raw(row.value)) for key, row in rows]

    async def compare_and_set(
        self, caller: Caller, key: str, version: int, value: msgspec.Raw, ttl_s: float | None = None
    ) -> int:
        """Keep a value if nobody changed the key since; returns its new version."""
        check = StorageOperation("check", key, version=version)
        results = await self.apply(caller.plugin, [check, StorageOperation("set", key, value, ttl_s)])
        return results[1]

    async def incr(self, caller: Caller, key: str, by: int | float = 1) -> int | float:
        """Add to a number; returns it."""
        return await self.change(caller.plugin, StorageOperation("incr", key, by=by))

    async def append(self, caller: Caller, key: str, value: msgspec.Raw, keep: int | None = None) -> int:
        """Add an item to a list; returns how many it has."""
        if keep is not None and keep < 1:
            raise InvalidParams(f"keep: found {keep}; allowed: 1 or more")
        return await self.change(caller.plugin, StorageOperation("append", key, value, keep=keep))

    async def transaction(self, caller: Caller, operations: tuple[StorageOperation, ...]) -> list[Any]:
        """Do all of it or nothing; returns the result of each operation."""
        if not 1 <= len(operations) <= MAX_OPERATIONS:
            raise InvalidParams(f"operations: found {len(operations)}; allowed: 1 to {MAX_OPERATIONS}")
        encoded = [
            msgspec.structs.replace(one, value=msgspec.json.encode(one.value))
            if one.op in ("set", "append")
            else one
            for one in operations
        ]
        return await self.apply(caller.plugin, encoded)

    async def usage(self, caller: Caller) -> StorageUsage:
        """Tell how much is kept, and how much may be."""
        keys, size = await self.database.read(
            lambda connection: storage_file.usage(connection, caller.plugin)
        )
        return StorageUsage(keys, size, self.quota_bytes)

    # What others of the host use.

    async def row(self, plugin: str, key: str) -> Row | None:
        """Return what is kept under a key."""
        known, row = self.cache.get(plugin, key)
        if not known:
            _check_key(key)
            row = await self._read(plugin, key)
        if row is not None and row.expires_s is not None and row.expires_s <= self.now_s():
            return None
        return row

    async def change(self, plugin: str, operation: StorageOperation) -> Any:
        """Do one operation; return its result."""
        return (await self.apply(plugin, [operation]))[0]

    async def apply(self, plugin: str, operations: Sequence[StorageOperation]) -> list[Any]:
        """Do all operations or none, and return once they are on the disk.

        Raises:
            QuotaExceeded, Conflict, InvalidParams, DiskFull: Nothing of it was done.
        """
        for operation in operations:
            _check_key(operation.key)
            ttl_s = operation.ttl_s
            if ttl_s is not None and not 0.0 < ttl_s <= MAX_TTL_S:
                raise InvalidParams(f"ttl_s: found {ttl_s}; allowed: more than 0, at most {MAX_TTL_S:.0f}")
        now_s = self.now_s()
        writer = self._writer

        def job(connection: sqlite3.Connection) -> tuple[list[Any], Left]:
            return writer.apply(connection, plugin, operations, now_s)

        future = self.database.submit(job)
        # In the future's own callback: also for a caller that is cancelled, and before anybody reads.
        future.add_done_callback(lambda done: self._written(plugin, done))
        results, _ = await asyncio.shield(future)
        return results

    async def wipe(self, plugin: str) -> int:
        """Delete everything of a plugin; return how many keys there were."""
        writer = self._writer

        def job(connection: sqlite3.Connection) -> int:
            writer.forget()
            return storage_file.wipe(connection, plugin)

        future = self.database.submit(job)
        future.add_done_callback(lambda _: self.cache.forget(plugin))
        return await asyncio.shield(future)

    def _written(self, plugin: str, done: "asyncio.Future[tuple[list[Any], Left]]") -> None:
        if done.cancelled() or done.exception() is not None:
            return
        for key, row in done.result()[1].items():
            self.cache.written(plugin, key, row)

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

    async def _sweep(self, sweeping: anyio.CancelScope) -> None:
        with sweeping:
            while True:
                await anyio.sleep(SWEEP_S)
                await self.sweep()

    async def sweep(self) -> int:
        """Delete rows whose time has come; return how many."""
        now_s = self.now_s()
        gone = 0
        try:
            while found := await self.database.read(
                lambda connection: storage_file.expired(connection, now_s, _SWEPT_AT_ONCE)
            ):
                for plugin, key in found:
                    await self._drop_expired(plugin, key, now_s)
                gone += len(found)
        except PlughostError as exc:
            logger.warning("expired keys could not be deleted: %s", exc)
        return gone

    async def _drop_expired(self, plugin: str, key: str, now_s: float) -> None:
        writer = self._writer

        def job(connection: sqlite3.Connection) -> tuple[list[Any], Left]:
            # Somebody may have written it since it was found.
            if storage_file.get(connection, plugin, key, now_s) is not None:
                return [], {}
            return writer.apply(connection, plugin, [StorageOperation("delete", key)], now_s)

        future = self.database.submit(job)
        future.add_done_callback(lambda done: self._written(plugin, done))
        await asyncio.shield(future)


def _check_key(key: str) -> None:
    size = len(key.encode(errors="replace"))
    if not key or size > MAX_KEY_BYTES or not key.isprintable():
        raise InvalidParams(
            f"key: found {key[:80]!r} of {size} bytes; allowed: 1 to {MAX_KEY_BYTES} bytes of UTF-8, without "
            "control characters",
            remedy="choose a shorter key; what is long goes into the value",
        )


def _check_list(prefix: str, after: str, limit: int) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        raise InvalidParams(f"limit: found {limit}; allowed: 1 to {MAX_LIMIT}")
    for name, text in (("prefix", prefix), ("after", after)):
        if len(text.encode(errors="replace")) > MAX_KEY_BYTES:
            raise InvalidParams(f"{name}: found {text[:80]!r}…; allowed: at most {MAX_KEY_BYTES} bytes")
