"""`analytics.*`: a plugin tracks what it is used for, and asks what was counted of it. Never of another."""

from typing import Any

from host.facade import Caller
from host.masking import known
from host.observe.analytics import MAX_ERROR_CHARS, Analytics
from host.routing.gateway import ApiGateway
from protocol.messages.analytics import ActionCount, AnalyticsStats


class AnalyticsService:
    """The gateway's way to the tallies."""

    def __init__(self, analytics: Analytics) -> None:
        self._analytics = analytics

    def attach(self, gateway: ApiGateway) -> None:
        """Attach the functions behind the method table's rows."""
        gateway.attach_builtin("analytics.track", self.track)
        gateway.attach_builtin("analytics.stats", self.stats)

    async def track(
        self, caller: Caller, action: str, metadata: dict[str, Any] | None = None, error: str | None = None
    ) -> dict[str, Any]:
        """Count one action of the caller's."""
        told = dict(metadata or {})
        if error is not None:
            told["error"] = known.beginning(error, MAX_ERROR_CHARS)
        self._analytics.track(caller.plugin, action, told, failed=error is not None)
        return {}

    async def stats(self, caller: Caller) -> AnalyticsStats:
        """Return what was counted of the caller."""
        stats = self._analytics.stats(caller.plugin)
        return AnalyticsStats(
            plugin=stats.plugin,
            invocations=stats.invocations,
            errors=stats.errors,
            last_used_s=stats.last_used,
            methods=dict(stats.methods),
            actions={
                name: ActionCount(one.count, one.errors, one.last_used_s, one.metadata)
                for name, one in stats.actions.items()
            },
        )
