"""Changes of what one plugin keeps, run by the writer: each step checked, all of a change or nothing of it.

Owns quota, versions and what incr and append mean. Runs in the writer's thread inside a transaction that the
database undoes if anything here raises.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from host.errors import Conflict, InvalidParams, QuotaExceeded
from host.state import storage_file
from host.state.storage_file import Row
from protocol.messages.storage import StorageOperation

MAX_VALUE_BYTES: Final = 1024 * 1024
"""One value; larger things belong into a file."""

_decode = msgspec.json.decode
_encode = msgspec.json.encode

Left = dict[str, Row | None]
"""What a change left of each key that it touched."""


class Writer:
    """Applies changes; one per host, used in the writer's thread alone."""

    def __init__(self, quota_bytes: int) -> None:
        self._quota = quota_bytes
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
            used = storage_file.usage(connection, plugin)[1]
        left: Left = {}
        results: list[Any] = []
        before = used
        for number, operation in enumerate(operations):
            place = "" if len(operations) == 1 else f"operations[{number}]: "
            result, change = self._one(connection, plugin, operation, now_s, place, left)
            used += change
            results.append(result)
        if used > self._quota and used > before:
            raise QuotaExceeded(
                f"plugin {plugin!r} keeps {before} bytes, {used} with this; allowed: {self._quota}",
                remedy="delete what is not needed, or have the operator raise the quota",
                plugin=plugin,
                used_bytes=before,
                needed_bytes=used,
                quota_bytes=self._quota,
            )
        self._used[plugin] = used
        return results, left

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
        old_size, version = storage_file.size(connection, plugin, key)
        row = storage_file.get(connection, plugin, key, now_s)
        match operation.op:
            case "check":
                found = 0 if row is None else row.version
                if found != operation.version:
                    raise Conflict(
                        f"{place}key {key[:80]!r} has version {found}, not {operation.version}",
                        key=key,
                        version=found,
                    )
                return None, 0
            case "delete":
                storage_file.delete(connection, plugin, key)
                left[key] = None
                return row is not None, -old_size
            case "set":
                value = bytes(operation.value)
                expires_s = None if operation.ttl_s is None else now_s + operation.ttl_s
                result: Any = None
            case "incr":
                number = self._number(row, key, place) + operation.by
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
        new = Row(value, version + 1, expires_s)
        storage_file.put(connection, plugin, key, new)
        left[key] = new
        if operation.op == "set":
            result = new.version
        return result, len(key.encode()) + len(value) - old_size

    def _number(self, row: Row | None, key: str, place: str) -> int | float:
        if row is None:
            return 0
        value = _decode(row.value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidParams(f"{place}key {key[:80]!r} holds {_shown(value)}; incr needs a number")
        return value

    def _list(self, row: Row | None, key: str, place: str) -> list[msgspec.Raw]:
        if row is None:
            return []
        if row.value[:1] != b"[":
            raise InvalidParams(
                f"{place}key {key[:80]!r} holds {_shown(_decode(row.value))}; append needs a list"
            )
        return _decode(row.value, type=list[msgspec.Raw])


def _shown(value: object) -> str:
    kinds: dict[type, str] = {dict: "an object", list: "a list", str: "a text", bool: "true or false"}
    return "null" if value is None else kinds.get(type(value), "a number")
