"""Flow control of one stream: how much the producer may send, and when the consumer says "more".

Pure counting, used by both ends. Items are counted, and bytes too: a producer stops at
`MAX_UNACKNOWLEDGED_BYTES` whatever its credit, so the consumer must acknowledge by bytes as well as by
items or both would wait for ever.
"""

from collections import deque

STREAM_CREDIT = 64
"""Items that a consumer lets a producer send ahead. Source: behaviour in numbers, *Wire*."""

MAX_UNACKNOWLEDGED_BYTES = 1024 * 1024
"""Bytes of unacknowledged items at which a producer stops."""

ACKNOWLEDGE_BYTES = 256 * 1024
"""Consumed bytes after which a consumer acknowledges, however few items they were."""


class ProducerWindow:
    """What one producer may still send."""

    __slots__ = ("_credit", "_sizes", "_unacknowledged")

    def __init__(self, credit: int) -> None:
        self._credit = credit
        self._sizes: deque[int] = deque()
        self._unacknowledged = 0

    @property
    def open(self) -> bool:
        """Whether the next item may be sent."""
        return self._credit > 0 and self._unacknowledged < MAX_UNACKNOWLEDGED_BYTES

    def sent(self, size: int) -> None:
        """Count one item of `size` bytes."""
        self._credit -= 1
        self._sizes.append(size)
        self._unacknowledged += size

    def acknowledge(self, items: int) -> bool:
        """Take back `items` of credit; False if that many are not outstanding."""
        if not 0 < items <= len(self._sizes):
            return False
        self._credit += items
        for _ in range(items):
            self._unacknowledged -= self._sizes.popleft()
        return True


class ConsumerWindow:
    """What one consumer has let through, and what it owes an acknowledgement for."""

    __slots__ = ("_bytes", "_credit", "_expected", "_items", "_unacknowledged")

    def __init__(self, credit: int = STREAM_CREDIT) -> None:
        self._credit = credit
        self._expected = credit
        self._items = 0
        self._bytes = 0
        self._unacknowledged = 0

    def arrived(self, size: int) -> bool:
        """Count one arriving item of `size` bytes; False if the producer was not allowed to send it."""
        if self._expected <= 0 or self._unacknowledged >= MAX_UNACKNOWLEDGED_BYTES:
            return False
        self._expected -= 1
        self._unacknowledged += size
        return True

    def consumed(self, size: int) -> int:
        """Count one item handed on; return how many to acknowledge now, 0 for none."""
        self._items += 1
        self._bytes += size
        if self._items * 2 < self._credit and self._bytes < ACKNOWLEDGE_BYTES:
            return 0
        self._unacknowledged -= self._bytes
        items, self._items, self._bytes = self._items, 0, 0
        self._expected += items
        return items
