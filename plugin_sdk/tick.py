"""Tick: what a scheduled function may know about its run."""

from datetime import UTC, datetime

import msgspec


class Tick(msgspec.Struct, frozen=True):
    """One run of a schedule."""

    due_s: float
    """When it was due, in seconds since the epoch."""
    missed: int = 0
    """Runs that were missed since the last one, and are not made up for."""

    @property
    def due(self) -> datetime:
        """When it was due, in UTC."""
        return datetime.fromtimestamp(self.due_s, UTC)
