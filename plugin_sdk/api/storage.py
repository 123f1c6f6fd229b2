"""`self.storage`: what this plugin keeps, in its host's database. No other plugin reaches it.

    await self.storage.set("greeting", {"text": "hello"})
    await self.storage.incr("visits")
    await self.storage.update("scores", lambda scores: {**scores, "ada": 7}, default={})

Values are anything that JSON holds. What is awaited is on the disk when it returns.
"""

import asyncio
import inspect
import math
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec

from plugin_sdk.api.host import Link
from protocol.errors import CONFLICT, INVALID_PARAMS, RpcError

PAGE = 1_000
"""Keys that are asked for at once."""

MAX_ATTEMPTS = 50
"""How often `update` tries again where others change the same key."""


class Storage:
    """A map from texts to values. Methods may raise RpcError: `quota_exceeded`, `disk_full`, `conflict`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._locks: dict[str, tuple[asyncio.Lock, list[None]]] = {}
        """A lock for each key that is being updated, and one entry for each update that has or awaits it."""

    async def get(self, key: str, default: Any = None) -> Any:
        """Return a value; `default` where there is none, or null is kept."""
        value = await self._link.call_host("storage.get", {"key": key})
        return default if value is None else value

    async def set(self, key: str, value: Any, *, ttl_s: float | None = None) -> int:
        """Keep a value, for `ttl_s` seconds if that is given; returns the key's version."""
        return await self._link.call_host(
            "storage.set", {"key": key, "value": value, "ttl_s": _finite(ttl_s)}
        )

    async def delete(self, key: str) -> bool:
        """Delete a key; returns whether it was there."""
        return await self._link.call_host("storage.delete", {"key": key})

    async def keys(self, prefix: str = "") -> list[str]:
        """Return all keys that begin with `prefix`, in order."""
        found: list[str] = []
        while True:
            page = await self._link.call_host(
                "storage.keys", {"prefix": prefix, "after": found[-1] if found else "", "limit": PAGE}
            )
            found += page
            if len(page) < PAGE:
                return found

    async def items(self, prefix: str = "") -> AsyncIterator[tuple[str, Any]]:
        """Yield keys that begin with `prefix`, and their values, in order: `async for key, value in ...`."""
        after = ""
        while True:
            page = await self._link.call_host(
                "storage.items", {"prefix": prefix, "after": after, "limit": PAGE}
            )
            for item in page["items"]:
                yield item["key"], item["value"]
            if not page["more"]:
                return
            after = page["items"][-1]["key"]

    async def entry(self, key: str) -> tuple[bool, Any, int]:
        """Return whether a key is there, its value, and its version for `compare_and_set`."""
        entry = await self._link.call_host("storage.entry", {"key": key})
        return entry["found"], entry["value"], entry["version"]

    async def compare_and_set(self, key: str, version: int, value: Any, *, ttl_s: float | None = None) -> int:
        """Keep a value if the key still has this version (0: is not there); returns the new one.

        Raises:
            RpcError: `conflict`: somebody changed it meanwhile.
        """
        params = {"key": key, "version": version, "value": value, "ttl_s": _finite(ttl_s)}
        return await self._link.call_host("storage.compare_and_set", params)

    async def update(self, key: str, change: Callable[[Any], Any], default: Any = None) -> Any:
        """Read, change and keep a value so that no other change is lost; returns the new value.

        `change` gets the value, or a copy of `default` where there is none, and returns the new one. It may
        be async, and may be called again.
        """
        lock, users = self._locks.setdefault(key, (asyncio.Lock(), []))
        users.append(None)
        try:
            async with lock:  # changes of this plugin go one after the other and never conflict
                return await self._update(key, change, default)
        finally:
            users.pop()
            if not users:
                del self._locks[key]

    async def incr(self, key: str, by: float = 1) -> Any:
        """Add to a number, 0 where there is none; returns it."""
        return await self._link.call_host("storage.incr", {"key": key, "by": by})

    async def append(self, key: str, value: Any, *, keep: int | None = None) -> int:
        """Add an item to a list, of which the latest `keep` stay; returns how many it has."""
        return await self._link.call_host("storage.append", {"key": key, "value": value, "keep": keep})

    def transaction(self) -> "Transaction":
        """Return a transaction, to be filled and awaited: all of it is done, or nothing."""
        return Transaction(self._link)

    async def usage(self) -> dict[str, int]:
        """Return `keys`, `bytes` and `quota_bytes`."""
        return await self._link.call_host("storage.usage", {})

    async def _update(self, key: str, change: Callable[[Any], Any], default: Any) -> Any:
        for attempt in range(MAX_ATTEMPTS):
            found, value, version = await self.entry(key)
            if not found:
                value = msgspec.json.decode(msgspec.json.encode(default))
            new = change(value)
            if inspect.isawaitable(new):
                new = await new
            try:
                await self.compare_and_set(key, version, new)
            except RpcError as exc:
                if exc.code != CONFLICT or attempt == MAX_ATTEMPTS - 1:
                    raise
            else:
                return new
        raise AssertionError("unreachable")


class Transaction:
    """Operations on several keys: `await self.storage.transaction().set("a", 1).incr("b").commit()`."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._operations: list[dict[str, Any]] = []

    def set(self, key: str, value: Any, *, ttl_s: float | None = None) -> "Transaction":
        """Keep a value."""
        return self._add({"op": "set", "key": key, "value": value, "ttl_s": _finite(ttl_s)})

    def delete(self, key: str) -> "Transaction":
        """Delete a key."""
        return self._add({"op": "delete", "key": key})

    def incr(self, key: str, by: float = 1) -> "Transaction":
        """Add to a number."""
        return self._add({"op": "incr", "key": key, "by": by})

    def append(self, key: str, value: Any, *, keep: int | None = None) -> "Transaction":
        """Add an item to a list."""
        return self._add({"op": "append", "key": key, "value": value, "keep": keep})

    def check(self, key: str, version: int) -> "Transaction":
        """Let all of it fail with `conflict` unless the key has this version."""
        return self._add({"op": "check", "key": key, "version": version})

    async def commit(self) -> list[Any]:
        """Do it; returns the result of each operation."""
        return await self._link.call_host("storage.transaction", {"operations": self._operations})

    def _add(self, operation: dict[str, Any]) -> "Transaction":
        self._operations.append(operation)
        return self


def _finite(ttl_s: float | None) -> float | None:
    """Return a time to live as it is; NaN and infinity would be null on the wire: kept for ever."""
    if ttl_s is not None and not math.isfinite(ttl_s):
        raise RpcError(INVALID_PARAMS, f"ttl_s: found {ttl_s}; allowed: seconds, or None to keep it for ever")
    return ttl_s
