"""Errors of what the host keeps and does for plugins: one family of the tree that `host.errors` draws.

Whoever raises or catches one imports it from there.
"""

from host.call_errors import CallError
from protocol import errors as wire


class ServiceError(CallError):
    """The host could not do what a plugin, or the embedding program, asked of it."""


class RateLimited(ServiceError):
    """The plugin calls more often than it may."""

    code = "rate_limited"
    wire_code = wire.RATE_LIMITED


class QuotaExceeded(ServiceError):
    """More than may be kept."""

    code = "quota_exceeded"
    wire_code = wire.QUOTA_EXCEEDED


class Conflict(ServiceError):
    """Somebody else changed it meanwhile."""

    code = "conflict"
    wire_code = wire.CONFLICT
    remedy = "read it again, and decide anew"


class DiskFull(ServiceError):
    """There is no room for it on the disk."""

    code = "disk_full"
    wire_code = wire.DISK_FULL
    remedy = "make room on the disk; the host goes on meanwhile"


class DatabaseFault(ServiceError):
    """A database of the host can't be used."""

    code = "database_fault"
    wire_code = wire.DATABASE_FAULT


class NotConfigured(ServiceError):
    """What the plugin asks for is not set up on this host."""

    code = "not_configured"
    wire_code = wire.NOT_CONFIGURED


class DeliveryFailed(ServiceError):
    """A notification or a message could not be delivered."""

    code = "delivery_failed"
    wire_code = wire.DELIVERY_FAILED
