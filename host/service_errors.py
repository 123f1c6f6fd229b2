"""Errors of what the host keeps and does for plugins: one family of the tree that `host.errors` draws.

Whoever raises or catches one imports it from there.
"""

from collections.abc import Iterable

from host.base_error import did_you_mean
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


class ContributionNotFound(ServiceError):
    """No plugin offers this command, widget, menu item or schedule."""

    code = "contribution_not_found"
    wire_code = wire.CONTRIBUTION_NOT_FOUND

    def __init__(self, kind: str, name: str, near: Iterable[str] = ()) -> None:
        near = tuple(near)
        super().__init__(
            f"there is no {kind} {name[:200]!r}{did_you_mean(near)}",
            remedy="list what there is; what a plugin offers goes when it stops",
            kind=kind,
            name=name[:200],
            near=near,
        )


class DuplicateContribution(ServiceError):
    """Another plugin offers it already, or the host does."""

    code = "duplicate_contribution"
    wire_code = wire.DUPLICATE_CONTRIBUTION
    remedy = "choose another name, or disable the plugin that has it"


class NotConfigured(ServiceError):
    """What the plugin asks for is not set up on this host."""

    code = "not_configured"
    wire_code = wire.NOT_CONFIGURED


class DeliveryFailed(ServiceError):
    """A notification or a message could not be delivered."""

    code = "delivery_failed"
    wire_code = wire.DELIVERY_FAILED
