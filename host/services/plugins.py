"""`plugins.*`: one plugin calls another, through the host, under its own permission and budget."""

from collections.abc import AsyncGenerator

import msgspec

from host.errors import InvalidParams
from host.routing.calls import Calls

_NOTHING = msgspec.Raw(b"{}")


class PluginsService:
    """Calls between plugins. Parameters and results pass through as they are."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def call(
        self, plugin: str, method: str, params: msgspec.Raw = _NOTHING, timeout_s: float | None = None
    ) -> msgspec.Raw:
        """Call a method of another plugin."""
        return await self._calls.call_raw(plugin, method, _object(params), timeout_s)

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
