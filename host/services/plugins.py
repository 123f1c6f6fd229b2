"""`plugins.*`: one plugin calls another, through the host, under its own permission and budget."""

from collections.abc import AsyncGenerator, Callable, Iterable

import msgspec

from host.errors import InvalidParams
from host.facade import Caller, PluginView
from host.routing.calls import Calls
from protocol.messages.plugins import OtherPlugin
from protocol.permissions import Permission, parse_permission

_NOTHING = msgspec.Raw(b"{}")


class PluginsService:
    """Calls between plugins. Parameters and results pass through as they are."""

    def __init__(self, calls: Calls, views: Callable[[], Iterable[PluginView]]) -> None:
        self._calls = calls
        self._views = views

    async def call(
        self, plugin: str, method: str, params: msgspec.Raw = _NOTHING, timeout_s: float | None = None
    ) -> msgspec.Raw:
        """Call a method of another plugin."""
        return await self._calls.call_raw(plugin, method, _object(params), timeout_s)

    async def list(self, caller: Caller) -> list[OtherPlugin]:
        """List the plugins of this host, but not the one that asks."""
        granted = [parse_permission(text) for text in caller.permissions]
        return [
            OtherPlugin(
                view.id,
                view.version,
                view.type,
                view.name,
                view.state,
                any(one.covers(Permission("plugins", "call", view.id)) for one in granted),
                view.capabilities,
            )
            for view in self._views()
            if not view.faults and view.id != caller.plugin
        ]

    async def stream(
        self, plugin: str, method: str, params: msgspec.Raw = _NOTHING, timeout_s: float | None = None
    ) -> AsyncGenerator[msgspec.Raw, None]:
        """Open a stream of another plugin."""
        items = self._calls.stream_raw(plugin, method, _object(params), timeout_s=timeout_s)
        try:
            async for item in items:
                yield item
        finally:
            await items.aclose()


def _object(params: msgspec.Raw) -> bytes:
    text = bytes(params).strip()
    if text[:1] != b"{":
        raise InvalidParams("parameter 'params': expected an object")
    return text
