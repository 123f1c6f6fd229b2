"""Answers: what verbs with an idempotency key brought, so that a verb that is asked twice is done once.

A client that lost its connection asks again with the same key, over another one: it joins the verb if it is
still under way, and gets the kept answer if it is done. Bounded in number, in bytes and in time.
"""

from collections import OrderedDict
from typing import Final

import anyio
import msgspec

from host.clock import Clock
from host.errors import Conflict, Overloaded
from protocol.errors import ErrorObject

KEPT_S: Final = 600.0
"""How long an answer is kept after it was given."""

MAX_ANSWERS: Final = 4_096
"""Answers that are kept; past it the oldest go."""

MAX_BYTES: Final = 32 * 1024 * 1024
"""Bytes of answers that are kept; past it the oldest go."""


class Answer:
    """What one key stands for: a verb that is under way, or what it brought."""

    def __init__(self, asked: bytes) -> None:
        self.asked = asked
        """Digest of method and params."""
        self.scope = anyio.CancelScope()
        """Cancels the verb, once it is under way."""
        self.outcome: msgspec.Raw | ErrorObject | None = None
        self.done = anyio.Event()
        self.done_at_s = 0.0
        """On the monotonic clock."""

    @property
    def size(self) -> int:
        """Bytes that its outcome takes, about."""
        return len(self.outcome) if isinstance(self.outcome, msgspec.Raw) else 1024


class Answers:
    """Those of one server, by user and key."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._under_way: dict[tuple[int, str], Answer] = {}
        self._done: OrderedDict[tuple[int, str], Answer] = OrderedDict()
        self._bytes = 0

    def find(self, uid: int, key: str, asked: bytes) -> Answer | None:
        """Return what this key stands for, None if it is new.

        Raises:
            Conflict: It was used for something else.
        """
        self._forget_old()
        found = self._under_way.get((uid, key)) or self._done.get((uid, key))
        if found is not None and found.asked != asked:
            raise Conflict(
                f"the key {key[:40]!r} was used for another request", remedy="use a new key for each request"
            )
        return found

    def begin(self, uid: int, key: str, asked: bytes) -> Answer:
        """Return a new answer, to be finished. Raises Overloaded where too many are under way."""
        if len(self._under_way) >= MAX_ANSWERS:
            raise Overloaded(f"{MAX_ANSWERS} verbs are under way")
        answer = self._under_way[uid, key] = Answer(asked)
        return answer

    def finish(self, uid: int, key: str, outcome: msgspec.Raw | ErrorObject) -> None:
        """Keep what a verb brought, and wake those who wait for it."""
        answer = self._under_way.pop((uid, key))
        answer.outcome = outcome
        answer.done_at_s = self._clock.monotonic()
        answer.done.set()
        self._done[uid, key] = answer
        self._bytes += answer.size
        self._forget_old()

    def _forget_old(self) -> None:
        oldest = self._clock.monotonic() - KEPT_S
        while self._done:
            first = next(iter(self._done.values()))
            if first.done_at_s > oldest and len(self._done) <= MAX_ANSWERS and self._bytes <= MAX_BYTES:
                return
            self._done.popitem(last=False)
            self._bytes -= first.size
