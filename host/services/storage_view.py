"""The operator's view of what plugins keep: to look, to mend, to wipe. `PluginHost.storage` is one."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from host.errors import InvalidParams
from host.services.storage import MAX_LIMIT, Storage
from host.state import storage_file
from host.state.storage_file import Row, Span
from protocol.messages.storage import StorageOperation, StorageUsage


@dataclass(frozen=True, slots=True)
class KeptKey:
    """One key, as a listing shows it."""

    key: str
    size_bytes: int
    """Of key and value."""
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
        self, plugin: str, prefix: str = "", *, after: str = "", limit: int | None = None
    ) -> tuple[KeptKey, ...]:
        """List a plugin's keys in order, behind `after`: all of them, or the first `limit`, 1 to 1,000.

        They are read page by page. What all of them take is bounded by the plugin's quota.
        """
        found: list[KeptKey] = []
        while True:
            span = Span(prefix, after, MAX_LIMIT if limit is None else limit)
            rows = await self._storage.listing(plugin, span)
            found += [KeptKey(*row) for row in rows]
            if limit is not None or len(rows) < MAX_LIMIT:
                return tuple(found)
            after = found[-1].key

    async def items(self, plugin: str, prefix: str = "") -> AsyncGenerator[tuple[str, Any], None]:
        """Yield keys and values in order, read page by page: `async for key, value in ...`."""
        after, more = "", True
        while more:
            rows, more = await self._storage.page(plugin, Span(prefix, after, MAX_LIMIT))
            for key, row in rows:
                yield key, _value(key, row)
                after = key

    async def get(self, plugin: str, key: str, default: Any = None) -> Any:
        """Return a value."""
        row = await self._storage.row(plugin, key)
        return default if row is None else _value(key, row)

    async def set(self, plugin: str, key: str, value: Any, *, ttl_s: float | None = None) -> None:
        """Keep a value for a plugin, within its quota."""
        try:
            text = msgspec.Raw(msgspec.json.encode(value))
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise InvalidParams(f"value: {exc}; allowed: anything that JSON holds") from exc
        await self._storage.change(plugin, StorageOperation("set", key, text, ttl_s))

    async def delete(self, plugin: str, key: str) -> bool:
        """Delete a key; returns whether it was there."""
        return await self._storage.change(plugin, StorageOperation("delete", key))

    async def usage(self, plugin: str) -> StorageUsage:
        """Tell how much a plugin keeps, and how much it may."""
        return await self._storage.usage(plugin)

    async def usage_all(self) -> Mapping[str, StorageUsage]:
        """Tell the same of everybody who keeps anything."""
        return {plugin: await self._storage.usage(plugin) for plugin in await self.plugins()}

    async def wipe(self, plugin: str) -> int:
        """Delete everything that a plugin keeps; returns how many keys there were."""
        return await self._storage.wipe(plugin)


def _value(key: str, row: Row) -> Any:
    try:
        return msgspec.json.decode(row.value)
    except msgspec.MsgspecError as exc:
        # Such as 1e999: good JSON, but no number that a computer holds.
        raise InvalidParams(
            f"key {key[:80]!r} holds what can't be read: {exc}",
            remedy="mend the plugin that wrote it; delete the key, or set it anew",
        ) from exc
