"""`self.analytics`: what the plugin is used for, counted by its host.

Calls into the plugin are counted by themselves. An action that it tracks is counted beside them, and the host
emits it as the event `plugin_usage`.
"""

from typing import Any

from plugin_sdk.api.host import Link
from protocol import jsonrpc


class Analytics:
    """Counts actions of this plugin, and tells what was counted."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def track(self, action: str, /, **metadata: Any) -> None:
        """Count one action. `metadata` is anything that JSON can express, 4 KiB at most.

        Raises:
            RpcError: `invalid_params`, if the name or the metadata can't be taken.
        """
        await self._link.call_host("analytics.track", {"action": action, "metadata": metadata})

    async def track_error(self, action: str, error: object, /, **metadata: Any) -> None:
        """Count one action that failed, and why. See `track`."""
        text = jsonrpc.printable(str(error) or type(error).__name__)[:500]
        params = {"action": action, "metadata": metadata, "error": text}
        await self._link.call_host("analytics.track", params)

    async def stats(self) -> dict[str, Any]:
        """Return what was counted of this plugin, over restarts.

        `plugin invocations errors last_used_s methods actions`: `methods` has the calls into it by name,
        `actions` what it tracked, each with `count errors last_used_s metadata`.
        """
        stats: dict[str, Any] = await self._link.call_host("analytics.stats", {})
        return stats
