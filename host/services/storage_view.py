"""The operator's view of what plugins keep: to look, to mend, to wipe. `PluginHost.storage` is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from host.errors import InvalidParams
from host.services.storage import Storage
from host.state import storage_file
from protocol.messages.storage import StorageOperation, StorageUsage


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One key, as a listing shows it."""

    key: str
    size_bytes: int
    version: int
    expires_s: float | None
    """Seconds since the epoch."""


class StorageView:
    """What all plugins of one host keep; works while the host runs."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def plugins(self) -> Sequence[str]:
        """Return who keeps anything, also plugins that are no longer here."""
        return await self._storage.database.read(storage_file.plugins)

    async def keys(
        self, plugin: str, prefix: str = "", *, after: str = "", limit: int = 1_000
    ) -> tuple[KeptKey, ...]:
        """List a plugin's keys in order, behind `after`."""
        now_s = self._storage.now_s()
        rows = await self._storage.database.read(
            lambda connection: storage_file.items(connection, plugin, prefix, after, limit, now_s)
        )
        return tuple(
            KeptKey(key, len(key.encode()) + len(row.value), row.version, row.expires_s) for key, row in rows
        )

    async def get(self, plugin: str, key: str, default: Any = None) -> Any:
        """Return a value."""
        row = await self._storage.row(plugin, key)
        return default if row is None else msgspec.json.decode(row.value)

    async def set(self, plugin: str, key: str, value: Any, *, ttl_s: float | None = None) -> None:
        """Keep a value for a plugin, within its quota."""
        try:
            text = msgspec.json.encode(value)
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise InvalidParams(f"value: {exc}; allowed: anything that JSON holds") from exc
        await self._storage.change(plugin, StorageOperation("set", key, text, ttl_s))

    async def delete(self, plugin: str, key: str) -> bool:
        """Delete a key; returns whether it was there."""
        return await self._storage.change(plugin, StorageOperation("delete", key))

    async def usage(self, plugin: str) -> StorageUsage:
        """Tell how much a plugin keeps, and how much it may."""
        keys, size = await self._storage.database.read(
            lambda connection: storage_file.usage(connection, plugin)
        )
        return StorageUsage(keys, size, self._storage.quota_bytes)

    async def wipe(self, plugin: str) -> int:
        """Delete everything that a plugin keeps; returns how many keys there were."""
        return await self._storage.wipe(plugin)
