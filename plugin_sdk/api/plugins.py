"""`self.plugins`: calls to other plugins, through the host.

tasks = await self.plugins.call("calendar", "due", day="monday")
async for line in self.plugins.stream("reporter", "lines", {"upto": 7}):
    ...
"""

from collections.abc import AsyncGenerator, Mapping
from typing import Any

from plugin_sdk.api.host import Link


class Plugins:
    """Other plugins of this host. Calling one needs the permission `plugins:call:<id>`.

    A call that is made while a call is served inherits what is left of its time, and is cancelled with it.
    """

    def __init__(self, link: Link) -> None:
        self._link = link

    async def call(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        /,
        *,
        timeout_s: float | None = None,
        **named: Any,
    ) -> Any:
        """Call a method; parameters go by name, or in one mapping.

        Raises RpcError: `denied`, `plugin_not_found`, `not_active`, `call_cycle` where that plugin waits for
        this one, `call_depth`, `deadline_exceeded`, and what the other plugin answers.
        """
        asked = _asked(plugin, method, params, named, timeout_s)
        return await self._link.call_host("plugins.call", asked, timeout_s)

    def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        /,
        *,
        timeout_s: float | None = None,
        **named: Any,
    ) -> AsyncGenerator[Any, None]:
        """Open a stream, to be read by `async for`; see `call`."""
        asked = _asked(plugin, method, params, named, timeout_s)
        return self._link.stream_host("plugins.stream", asked, timeout_s)

    async def list(self) -> list[dict[str, Any]]:
        """List the others: `id`, `version`, `type`, `name`, `state`, whether this one `may_call` it, and
        `capabilities` where it declares any.
        """
        return await self._link.call_host("plugins.list", {})


def _asked(
    plugin: str,
    method: str,
    params: Mapping[str, Any] | None,
    named: Mapping[str, Any],
    timeout_s: float | None,
) -> dict[str, Any]:
    both = {**(params or {}), **named}
    return {"plugin": plugin, "method": method, "params": both, "timeout_s": timeout_s}
