"""Event: what a handler may know of one beside its data."""

from typing import Any

import msgspec


class Event(msgspec.Struct, frozen=True):
    """One event. A handler gets it by annotating a parameter with `Event`."""

    topic: str
    data: Any
    seq: int
    """Grows from event to event."""
    time: float
    """When it was emitted, in seconds since the epoch."""
