"""`_meta`: what travels beside a call's parameters, and the notifications that steer a call."""

from typing import Any

import msgspec


class StreamRequest(msgspec.Struct, frozen=True):
    """Asks for a stream; the producer may send `credit` items before the first `$/credit`."""

    credit: int


class Meta(msgspec.Struct, frozen=True, omit_defaults=True):
    """Rides in `params._meta` of a request, where the receiver announced `capabilities.meta`."""

    deadline_ms: int | None = None
    """Budget that is left for the call, in milliseconds."""
    traceparent: str | None = None
    """W3C trace context, passed on as it came."""
    parent: int | str | None = None
    """Id of the request that the sender serves while it makes this call."""
    stream: StreamRequest | None = None


class MetaOnly(msgspec.Struct, frozen=True):
    """Reads `_meta` out of any parameters and nothing else."""

    meta: Meta | None = msgspec.field(default=None, name="_meta")


class Cancel(msgspec.Struct, frozen=True):
    """`$/cancel`: the sender no longer wants its own request `id` answered."""

    id: int | str


class Credit(msgspec.Struct, frozen=True):
    """`$/credit`: the sender took `n` more items of the stream that its own request `id` opened."""

    id: int | str
    n: int


class Progress(msgspec.Struct, frozen=True, omit_defaults=True):
    """`$/progress`: the receiver's request `id` is being worked on."""

    id: int | str
    message: str = ""
    done: float | None = None
    """Share that is done, 0 to 1."""


class StreamItem(msgspec.Struct, frozen=True):
    """`$/stream`: item number `seq`, from 0, of the stream that the receiver's request `id` opened."""

    id: int | str
    seq: int
    item: msgspec.Raw


class Empty(msgspec.Struct, frozen=True):
    """No members."""


class Discovery(msgspec.Struct, frozen=True):
    """`rpc.discover`: an OpenRPC document."""

    openrpc: str
    info: dict[str, Any]
    methods: list[dict[str, Any]]
