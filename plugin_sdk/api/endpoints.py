"""`self.endpoints`: HTTP endpoints, registered in code.

await self.endpoints.register("GET", "/stats", self.stats, permissions=["sessions:read"])
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from plugin_sdk.api.host import Link
from plugin_sdk.api.registering import given, register

if TYPE_CHECKING:
    from plugin_sdk.runtime.parts.endpoints import EndpointsPart


class Endpoints:
    """HTTP endpoints of this plugin. All raise RpcError for what the host refuses."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def register(
        self,
        method: str | Mapping[str, Any],
        path: str = "",
        handler: Callable[..., Any] | None = None,
        permissions: Sequence[str] = (),
    ) -> str:
        """Answer requests until the plugin ends; return the path at which it is mounted.

        Method, path, handler and permissions may be given as one mapping too.
        """
        if isinstance(method, Mapping):
            options, what = method, "an endpoint"
            method, path = str(given(options, "method", what)), str(given(options, "path", what))
            handler = given(options, "handler", what)
            permissions = options.get("permissions", permissions)
        if handler is None:
            raise TypeError("an endpoint needs a handler")
        part, verb, place, function, needed = self._part(), method, path, handler, permissions
        _, mounted = await register(
            self._link,
            "endpoints.register",
            lambda: part.add(verb, place, function, needed),
            lambda declared: part.remove(declared.name),
        )
        return mounted["path"]

    async def unregister(self, method: str, path: str) -> None:
        """Withdraw an endpoint, named as it was registered."""
        from plugin_sdk.runtime.parts.endpoints import endpoint_name

        name = endpoint_name(method, path)
        await self._link.call_host("endpoints.unregister", {"name": name})
        self._part().remove(name)

    def _part(self) -> "EndpointsPart":
        return self._link.part("endpoints")
