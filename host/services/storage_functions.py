"""`storage.*`: the functions by which a plugin reaches what it keeps. Whose it is comes from the connection.

Owns nothing: what is kept belongs to `host.services.storage`. Values pass through as JSON text, unread.
"""

from typing import Any, Final

import msgspec

from host.errors import InvalidParams
from host.facade import Caller
from host.routing.gateway import ApiGateway
from host.services.storage import MAX_OPERATIONS, Storage
from host.state.storage_file import Span
from protocol.messages.storage import (
    StorageEntry,
    StorageItem,
    StorageItems,
    StorageOperation,
    StorageUsage,
)

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


class StorageFunctions:
    """What plugins call."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def attach(self, gateway: ApiGateway) -> None:
        """Publish the functions to plugins."""
        for name in _METHODS:
            gateway.attach_builtin(f"storage.{name}", getattr(self, name))

    async def get(self, caller: Caller, key: str) -> msgspec.Raw:
        """Return a value; null if there is none."""
        row = await self._storage.row(caller.plugin, key)
        return _NULL if row is None else msgspec.Raw(row.value)

    async def entry(self, caller: Caller, key: str) -> StorageEntry:
        """Return a value with its version."""
        row = await self._storage.row(caller.plugin, key)
        if row is None:
            return StorageEntry(False)
        return StorageEntry(True, msgspec.Raw(row.value), row.version, row.expires_s)

    async def set(self, caller: Caller, key: str, value: msgspec.Raw, ttl_s: float | None = None) -> int:
        """Keep a value; returns the key's version."""
        return await self._storage.change(caller.plugin, StorageOperation("set", key, value, ttl_s))

    async def delete(self, caller: Caller, key: str) -> bool:
        """Delete a key; returns whether it was there."""
        return await self._storage.change(caller.plugin, StorageOperation("delete", key))

    async def keys(self, caller: Caller, prefix: str = "", after: str = "", limit: int = 1_000) -> list[str]:
        """List keys in order."""
        return await self._storage.keys(caller.plugin, Span(prefix, after, limit))

    async def items(
        self, caller: Caller, prefix: str = "", after: str = "", limit: int = 1_000
    ) -> StorageItems:
        """List keys and values in order."""
        rows, more = await self._storage.page(caller.plugin, Span(prefix, after, limit))
        return StorageItems(tuple(StorageItem(key, msgspec.Raw(row.value)) for key, row in rows), more)

    async def compare_and_set(
        self, caller: Caller, key: str, version: int, value: msgspec.Raw, ttl_s: float | None = None
    ) -> int:
        """Keep a value if nobody changed the key since; returns its new version."""
        check = StorageOperation("check", key, version=version)
        results = await self._storage.apply(
            caller.plugin, [check, StorageOperation("set", key, value, ttl_s)]
        )
        return results[1]

    async def incr(self, caller: Caller, key: str, by: int | float = 1) -> int | float:
        """Add to a number; returns it."""
        return await self._storage.change(caller.plugin, StorageOperation("incr", key, by=by))

    async def append(self, caller: Caller, key: str, value: msgspec.Raw, keep: int | None = None) -> int:
        """Add an item to a list; returns how many it has."""
        return await self._storage.change(caller.plugin, StorageOperation("append", key, value, keep=keep))

    async def transaction(self, caller: Caller, operations: tuple[StorageOperation, ...]) -> list[Any]:
        """Do all of it or nothing; returns the result of each operation."""
        if not 1 <= len(operations) <= MAX_OPERATIONS:
            raise InvalidParams(f"operations: found {len(operations)}; allowed: 1 to {MAX_OPERATIONS}")
        return await self._storage.apply(caller.plugin, operations)

    async def usage(self, caller: Caller) -> StorageUsage:
        """Tell how much is kept, and how much may be."""
        return await self._storage.usage(caller.plugin)
