"""Changes of what one plugin keeps, run by the writer: each step checked, all of a change or nothing of it.

Owns quota, versions and what incr and append mean. Runs in the writer's thread inside a transaction that the
database undoes if anything here raises.
"""

import math
import sqlite3
import sys
from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from host.errors import Conflict, InvalidParams, QuotaExceeded
from host.state import storage_file
from host.state.storage_file import Row
from protocol.messages.storage import StorageOperation

MAX_VALUE_BYTES: Final = 1024 * 1024
"""One value; larger things belong into a file."""

MAX_INT: Final = 2**63 - 1
MAX_FLOAT: Final = sys.float_info.max

_decode = msgspec.json.decode
_encode = msgspec.json.encode

Left = dict[str, Row | None]
"""What a change left of each key that it touched."""


class Writer:
    """Applies changes; one per host, used in the writer's thread alone."""

    def __init__(self, quota_bytes: Callable[[str], int]) -> None:
        """`quota_bytes` tells how much a plugin may keep beside its files; asked in the writer's thread."""
        self._quota_bytes = quota_bytes
        self._used: dict[str, int] = {}
        """Bytes by plugin, as of the last commit and of what is under way."""

    def apply(
        self,
        connection: sqlite3.Connection,
        plugin: str,
        operations: Sequence[StorageOperation],
        now_s: float,
    ) -> tuple[list[Any], Left]:
        """Do all operations; return the result of each, and what is there now.

        Raises:
            QuotaExceeded, Conflict, InvalidParams: Nothing of it was done.
        """
        used = self._used.get(plugin)
        if used is None:
            used = storage_file.usage(connection, plugin, 0.0)[1]
        left: Left = {}
        results: list[Any] = []
        before = used
        quota = self._quota_bytes(plugin)
        for number, operation in enumerate(operations):
            place = "" if len(operations) == 1 else f"operations[{number}]: "
            result, change = self._one(connection, plugin, operation, now_s, place, left)
            used += change
            results.append(result)
        if used > quota and used > before:
            # What has expired, but was not swept yet, takes no room from what is wanted.
            for _, key, size in storage_file.drop_expired(connection, now_s, -1, plugin):
                left.setdefault(key, None)
                used -= size
        if used > quota and used > before:
            raise QuotaExceeded(
                f"plugin {plugin!r} keeps {before} bytes, {used} with this; allowed: {quota} beside files",
                remedy="delete what is not needed, or ask for more by `limits.storage` in the manifest",
                plugin=plugin,
                used_bytes=before,
                needed_bytes=used,
                quota_bytes=quota,
            )
        self._used[plugin] = used
        return results, left

    def expire(self, connection: sqlite3.Connection, now_s: float, limit: int) -> list[tuple[str, str]]:
        """Delete rows whose time has come; return plugin and key of each."""
        storage_file.keep_latest_s(connection, now_s)
        gone = storage_file.drop_expired(connection, now_s, limit)
        for plugin, _, size in gone:
            if plugin in self._used:
                self._used[plugin] -= size
        return [(plugin, key) for plugin, key, _ in gone]

    def forget(self) -> None:
        """Count anew what is used, because writes were undone or rows went another way."""
        self._used.clear()

    def _one(
        self,
        connection: sqlite3.Connection,
        plugin: str,
        operation: StorageOperation,
        now_s: float,
        place: str,
        left: Left,
    ) -> tuple[Any, int]:
        key = operation.key
        old_size, version, ends_s = storage_file.head(connection, plugin, key)
        is_there = version > 0 and (ends_s is None or ends_s > now_s)
        row = None
        if is_there and operation.op in ("incr", "append"):
            row = storage_file.get(connection, plugin, key, now_s)
        match operation.op:
            case "check":
                found = version if is_there else 0
                if found != operation.version:
                    raise Conflict(
                        f"{place}key {key[:80]!r} has version {found}, not {operation.version}",
                        key=key,
                        version=found,
                    )
                return None, 0
            case "delete":
                storage_file.delete(connection, plugin, key, version)
                left[key] = None
                return is_there, -old_size
            case "set":
                value = bytes(operation.value)
                expires_s = None if operation.ttl_s is None else now_s + operation.ttl_s
                result: Any = None
            case "incr":
                number = self._sum(row, key, place, operation.by)
                value, result = _encode(number), number
                expires_s = None if row is None else row.expires_s
            case "append":
                items = self._list(row, key, place)
                items.append(msgspec.Raw(bytes(operation.value)))
                if operation.keep is not None:
                    items = items[-operation.keep :]
                value, result = _encode(items), len(items)
                expires_s = None if row is None else row.expires_s
        if len(value) > MAX_VALUE_BYTES:
            raise QuotaExceeded(
                f"{place}the value of {key[:80]!r} would have {len(value)} bytes; allowed: {MAX_VALUE_BYTES}",
                remedy="keep it in several keys, or in a file below self.paths.data",
                plugin=plugin,
                needed_bytes=len(value),
                quota_bytes=MAX_VALUE_BYTES,
            )
        new = Row(value, (version or storage_file.floor(connection, plugin)) + 1, expires_s)
        storage_file.put(connection, plugin, key, new)
        left[key] = new
        if operation.op == "set":
            result = new.version
        return result, len(key.encode()) + len(value) - old_size

    def _sum(self, row: Row | None, key: str, place: str, by: int | float) -> int | float:
        try:
            total = self._number(row, key, place) + by
        except OverflowError:  # a plugin may have set an integer beyond every float, and `by` is one
            total = math.inf
        if abs(total) > (MAX_INT if isinstance(total, int) else MAX_FLOAT):
            raise InvalidParams(f"{place}key {key[:80]!r} would hold a number that is too large to be kept")
        return total

    def _number(self, row: Row | None, key: str, place: str) -> int | float:
        if row is None:
            return 0
        value = _decoded(row, key, place)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidParams(f"{place}key {key[:80]!r} holds {_shown(value)}; incr needs a number")
        return value

    def _list(self, row: Row | None, key: str, place: str) -> list[msgspec.Raw]:
        if row is None:
            return []
        if row.value[:1] != b"[":
            raise InvalidParams(
                f"{place}key {key[:80]!r} holds {_shown(_decoded(row, key, place))}; append needs a list"
            )
        return _decode(row.value, type=list[msgspec.Raw])


def _decoded(row: Row, key: str, place: str) -> Any:
    try:
        return _decode(row.value)
    except msgspec.MsgspecError as exc:  # such as 1e999, which is good JSON
        raise InvalidParams(f"{place}key {key[:80]!r} holds what can't be read: {exc}") from exc


def _shown(value: object) -> str:
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else kinds.get(type(value), "a number")
