"""`storage.*`: what a plugin keeps. Values are any JSON; keys are texts of the plugin's own."""

from typing import Any, Literal

import msgspec


class StorageKey(msgspec.Struct, frozen=True):
    """Names one key."""

    key: str


class StorageSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """Keep a value."""

    key: str
    value: Any
    ttl_s: float | None = None
    """Seconds after which it is gone by itself."""


class StorageEntry(msgspec.Struct, frozen=True):
    """One key, whether or not it is there."""

    found: bool
    value: Any = None
    version: int = 0
    """Grows with each change of the key; 0 if it is not there."""
    expires_s: float | None = None
    """Seconds since the epoch."""


class StorageList(msgspec.Struct, frozen=True, omit_defaults=True):
    """Keys that begin with `prefix`, in order, behind `after`."""

    prefix: str = ""
    after: str = ""
    limit: int = 1_000
    """1,000 at most."""


class StorageItem(msgspec.Struct, frozen=True):
    """One of `storage.items`."""

    key: str
    value: msgspec.Raw


class StorageItems(msgspec.Struct, frozen=True):
    """A page of items. It ends before its values have 4 MiB, but holds one item whatever its size."""

    items: tuple[StorageItem, ...]
    more: bool
    """Whether there may be further ones, behind the last key of this page."""


class StorageCompareAndSet(msgspec.Struct, frozen=True, omit_defaults=True):
    """Keep a value if the key still has this version, 0 meaning that it is not there."""

    key: str
    version: int
    value: Any
    ttl_s: float | None = None


class StorageIncr(msgspec.Struct, frozen=True, omit_defaults=True):
    """Add to a number; a key that is not there counts as 0."""

    key: str
    by: int | float = 1


class StorageAppend(msgspec.Struct, frozen=True, omit_defaults=True):
    """Add an item to a list; a key that is not there counts as empty."""

    key: str
    value: Any
    keep: int | None = None
    """Only so many of the latest items stay."""


class StorageOperation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One step of a transaction."""

    op: Literal["set", "delete", "incr", "append", "check"]
    key: str
    value: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"null"))
    ttl_s: float | None = None
    by: int | float = 1
    keep: int | None = None
    """For `append`: only so many of the latest items stay."""
    version: int = 0
    """For `check`: the version that the key must have, or nothing is done."""


class StorageTransaction(msgspec.Struct, frozen=True):
    """All of them or none."""

    operations: tuple[StorageOperation, ...]


class StorageUsage(msgspec.Struct, frozen=True):
    """How much is kept, and how much may be."""

    keys: int
    bytes: int
    quota_bytes: int
    files_bytes: int = 0
    """In the plugin's own data folder, as it was counted last; it counts against the quota too."""
