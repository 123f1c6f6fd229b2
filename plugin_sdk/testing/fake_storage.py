"""`storage.*` in memory: the same versions, bounds and errors as the host's own, over a table that goes
with the test.

What it must agree with the host on is held by one suite that runs on both.
"""

import math
import sys
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from plugin_sdk.testing.refusals import refusal
from protocol.errors import CONFLICT, INVALID_PARAMS, QUOTA_EXCEEDED, RpcError
from protocol.messages.storage import (
    StorageAppend,
    StorageCompareAndSet,
    StorageEntry,
    StorageIncr,
    StorageItem,
    StorageItems,
    StorageKey,
    StorageList,
    StorageOperation,
    StorageSet,
    StorageTransaction,
    StorageUsage,
)

QUOTA_BYTES: Final = 64 * 1024 * 1024
MAX_KEY_BYTES: Final = 1_024
MAX_VALUE_BYTES: Final = 1024 * 1024
MAX_OPERATIONS: Final = 1_000
MAX_LIMIT: Final = 1_000
MAX_PAGE_BYTES: Final = 4 * 1024 * 1024
MAX_TTL_S: Final = 10 * 365 * 86_400.0
MAX_INT: Final = 2**63 - 1

Function = Callable[[Any], Awaitable[Any]]


class Row(msgspec.Struct, frozen=True):
    """One key that is there."""

    value: bytes
    version: int
    expires_s: float | None = None


class FakeStorage:
    """What one plugin keeps."""

    def __init__(self, plugin: str, now_s: Callable[[], float], quota_bytes: int = QUOTA_BYTES) -> None:
        self._plugin = plugin
        self._now_s = now_s
        self._rows: dict[str, Row] = {}
        self._floor = 0
        """Highest version that a deleted key had; none is used twice."""
        self.quota_bytes = quota_bytes

    def functions(self) -> dict[str, Function]:
        """Return what answers each method."""
        names = "get entry set delete keys items compare_and_set incr append transaction usage"
        return {f"storage.{name}": getattr(self, f"_{name}") for name in names.split()}

    def contents(self) -> dict[str, Any]:
        """Return all that is kept, by key."""
        return {key: msgspec.json.decode(row.value) for key, row in sorted(self._live().items())}

    def apply(self, operations: Sequence[StorageOperation]) -> list[Any]:
        """Do all operations or none. Raises RpcError as the host does."""
        for number, one in enumerate(operations):
            _check(one, "" if len(operations) == 1 else f"operations[{number}].")
        rows, floor, before = dict(self._rows), self._floor, self._used(self._rows)
        results: list[Any] = []
        try:
            for number, one in enumerate(operations):
                results.append(self._one(one, "" if len(operations) == 1 else f"operations[{number}]: "))
            used = self._used(self._rows)
            if used > self.quota_bytes and used > before:
                self._rows = self._live()
                used = self._used(self._rows)
            if used > self.quota_bytes and used > before:
                raise refusal(
                    QUOTA_EXCEEDED,
                    f"plugin {self._plugin!r} keeps {before} bytes, {used} with this; allowed: "
                    f"{self.quota_bytes} beside files",
                    remedy="delete what is not needed, or ask for more by `limits.storage` in the manifest",
                    plugin=self._plugin,
                    used_bytes=before,
                    needed_bytes=used,
                    quota_bytes=self.quota_bytes,
                )
        except RpcError:
            self._rows, self._floor = rows, floor
            raise
        return results

    def _live(self) -> dict[str, Row]:
        now_s = self._now_s()
        return {k: row for k, row in self._rows.items() if row.expires_s is None or row.expires_s > now_s}

    def _used(self, rows: dict[str, Row]) -> int:
        return sum(len(key.encode()) + len(row.value) for key, row in rows.items())

    def _row(self, key: str) -> Row | None:
        _check_key(key)
        return self._live().get(key)

    def _one(self, one: StorageOperation, place: str) -> Any:
        key, row, now_s = one.key, self._live().get(one.key), self._now_s()
        if one.op == "check":
            found = row.version if row is not None else 0
            if found != one.version:
                message = f"{place}key {key[:80]!r} has version {found}, not {one.version}"
                raise refusal(
                    CONFLICT, message, remedy="read it again, and decide anew", key=key, version=found
                )
            return None
        old = self._rows.get(key)
        if one.op == "delete":
            self._rows.pop(key, None)
            self._floor = max(self._floor, old.version if old is not None else 0)
            return row is not None
        result: Any = None
        expires_s = row.expires_s if row is not None else None
        if one.op == "set":
            value = bytes(one.value)
            expires_s = None if one.ttl_s is None else now_s + one.ttl_s
        elif one.op == "incr":
            result = _sum(row, key, place, one.by)
            value = msgspec.json.encode(result)
        else:
            items = _list(row, key, place)
            items.append(msgspec.Raw(bytes(one.value)))
            items = items if one.keep is None else items[-one.keep :]
            value, result = msgspec.json.encode(items), len(items)
        if len(value) > MAX_VALUE_BYTES:
            raise refusal(
                QUOTA_EXCEEDED,
                f"{place}the value of {key[:80]!r} would have {len(value)} bytes; allowed: {MAX_VALUE_BYTES}",
                remedy="keep it in several keys, or in a file below self.paths.data",
                plugin=self._plugin,
                needed_bytes=len(value),
                quota_bytes=MAX_VALUE_BYTES,
            )
        made = Row(value, (old.version if old is not None else self._floor) + 1, expires_s)
        self._rows[key] = made
        return made.version if one.op == "set" else result

    async def _get(self, asked: StorageKey) -> Any:
        row = self._row(asked.key)
        return None if row is None else msgspec.Raw(row.value)

    async def _entry(self, asked: StorageKey) -> StorageEntry:
        row = self._row(asked.key)
        if row is None:
            return StorageEntry(False)
        return StorageEntry(True, msgspec.Raw(row.value), row.version, row.expires_s)

    async def _set(self, asked: StorageSet) -> int:
        return self.apply([StorageOperation("set", asked.key, _raw(asked.value), asked.ttl_s)])[0]

    async def _delete(self, asked: StorageKey) -> bool:
        return self.apply([StorageOperation("delete", asked.key)])[0]

    async def _keys(self, asked: StorageList) -> list[str]:
        return [key for key, _ in self._span(asked)]

    async def _items(self, asked: StorageList) -> StorageItems:
        rows = self._span(asked)
        found: list[StorageItem] = []
        size = 0
        for key, row in rows:
            size += len(key.encode()) + len(row.value)
            if found and size > MAX_PAGE_BYTES:
                return StorageItems(tuple(found), True)
            found.append(StorageItem(key, msgspec.Raw(row.value)))
        return StorageItems(tuple(found), len(found) == asked.limit)

    async def _compare_and_set(self, asked: StorageCompareAndSet) -> int:
        check = StorageOperation("check", asked.key, version=asked.version)
        return self.apply([check, StorageOperation("set", asked.key, _raw(asked.value), asked.ttl_s)])[1]

    async def _incr(self, asked: StorageIncr) -> int | float:
        return self.apply([StorageOperation("incr", asked.key, by=asked.by)])[0]

    async def _append(self, asked: StorageAppend) -> int:
        return self.apply([StorageOperation("append", asked.key, _raw(asked.value), keep=asked.keep)])[0]

    async def _transaction(self, asked: StorageTransaction) -> list[Any]:
        count = len(asked.operations)
        if not 1 <= count <= MAX_OPERATIONS:
            raise refusal(INVALID_PARAMS, f"operations: found {count}; allowed: 1 to {MAX_OPERATIONS}")
        return self.apply(asked.operations)

    async def _usage(self, _asked: Any) -> StorageUsage:
        rows = self._live()
        return StorageUsage(len(rows), self._used(rows), self.quota_bytes)

    def _span(self, asked: StorageList) -> list[tuple[str, Row]]:
        if not 1 <= asked.limit <= MAX_LIMIT:
            raise refusal(INVALID_PARAMS, f"limit: found {asked.limit}; allowed: 1 to {MAX_LIMIT}")
        rows = sorted(self._live().items())
        found = [one for one in rows if one[0] > asked.after and one[0].startswith(asked.prefix)]
        return found[: asked.limit]


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


def _check(one: StorageOperation, place: str) -> None:
    _check_key(one.key, place)
    if one.ttl_s is not None and not 0.0 < one.ttl_s <= MAX_TTL_S:
        message = f"{place}ttl_s: found {one.ttl_s}; allowed: more than 0, at most {MAX_TTL_S:.0f}"
        raise refusal(INVALID_PARAMS, message)
    if one.keep is not None and one.keep < 1:
        raise refusal(INVALID_PARAMS, f"{place}keep: found {one.keep}; allowed: 1 or more")
    if not math.isfinite(one.by):
        raise refusal(INVALID_PARAMS, f"{place}by: found {one.by}; allowed: a finite number")


def _check_key(key: str, place: str = "") -> None:
    size = len(key.encode(errors="replace"))
    if not key or size > MAX_KEY_BYTES or not key.isprintable():
        raise refusal(
            INVALID_PARAMS,
            f"{place}key: found {key[:80]!r} of {size} bytes; allowed: 1 to {MAX_KEY_BYTES} bytes of UTF-8, "
            "without control characters",
            remedy="choose a shorter key; what is long goes into the value",
        )


def _sum(row: Row | None, key: str, place: str, by: int | float) -> int | float:
    value: Any = 0 if row is None else msgspec.json.decode(row.value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        message = f"{place}key {key[:80]!r} holds {_shown(value)}; incr needs a number"
        raise refusal(INVALID_PARAMS, message)
    total = value + by
    if abs(total) > (MAX_INT if isinstance(total, int) else sys.float_info.max):
        message = f"{place}key {key[:80]!r} would hold a number that is too large to be kept"
        raise refusal(INVALID_PARAMS, message)
    return total


def _list(row: Row | None, key: str, place: str) -> list[msgspec.Raw]:
    if row is None:
        return []
    if row.value[:1] != b"[":
        shown = _shown(msgspec.json.decode(row.value))
        raise refusal(INVALID_PARAMS, f"{place}key {key[:80]!r} holds {shown}; append needs a list")
    return msgspec.json.decode(row.value, type=list[msgspec.Raw])


def _shown(value: object) -> str:
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else kinds.get(type(value), "a number")
