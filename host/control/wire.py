"""What both ends of the control socket know: its version, its bounds, and the notifications on it.

Does not know methods: these are the facade's, see `host.facade`, and the session's own, see `session`.
"""

from typing import Any, Final

import msgspec

from protocol.errors import ErrorObject

CONTROL_VERSION: Final = 1
"""Version of this protocol; grows where a client of before would misread what it is sent."""

MAX_FRAME_BYTES: Final = 16 * 1024 * 1024
"""Longest line, its newline not counted. Source: behaviour in numbers, *Wire*."""

MAX_IN_FLIGHT: Final = 64
"""Requests of one client that are worked on at a time; members of a batch count each."""

KEY_NAME: Final = "_key"
"""Member of a verb's params that holds its idempotency key."""

MAX_KEY_CHARS: Final = 128

HELLO: Final = "hello"
CANCEL: Final = "cancel"
UNSUBSCRIBE: Final = "unsubscribe"
CREDIT: Final = "credit"
FRAME: Final = "frame"
BATCH: Final = "batch"
ITEM: Final = "item"
END: Final = "end"


class Welcome(msgspec.Struct, frozen=True):
    """The answer to `hello`."""

    protocol: int
    """The control protocol's version that is spoken from now on."""
    version: str
    """The host's release."""
    pid: int
    """The host's."""
    read_only: bool
    """Whether verbs are refused to this client."""


class Subscribed(msgspec.Struct, frozen=True):
    """The answer to `watch`, `tail` and `stream`: what comes bears this number."""

    subscription: int


class FrameParams(msgspec.Struct, frozen=True):
    """Params of `frame`: one step of a board."""

    subscription: int
    frame: msgspec.Raw


class BatchParams(msgspec.Struct, frozen=True):
    """Params of `batch`: lines of a tail."""

    subscription: int
    lines: list[msgspec.Raw]
    dropped: int = 0
    """Lines that were lost before these."""


class ItemParams(msgspec.Struct, frozen=True):
    """Params of `item`: one item of a stream."""

    subscription: int
    item: msgspec.Raw


class EndParams(msgspec.Struct, frozen=True, omit_defaults=True):
    """Params of `end`: nothing more comes. Without an error it came to its end."""

    subscription: int
    error: ErrorObject | None = None


def notification(method: str, params: msgspec.Struct) -> bytes:
    """Return the line of a notification."""
    return b'{"jsonrpc":"2.0","method":"%b","params":%b}\n' % (method.encode(), msgspec.json.encode(params))


def encode(value: Any) -> bytes:
    """Return JSON text; what JSON has no form for, such as a path in an error's data, as text.

    Raises:
        ValueError, TypeError, RecursionError: It can't be expressed, such as an endless nesting.
    """
    return msgspec.json.encode(value, enc_hook=str)
