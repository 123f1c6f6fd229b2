"""What can be watched from outside while the host runs."""

from host.observe.changes import ChangeFeed

__all__ = ["ChangeFeed"]
