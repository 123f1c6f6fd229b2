"""`self.events`: events, to whoever wants them.

await self.events.emit("report_ready", {"pages": 7})        # plugin.<id>.report_ready
await self.events.on("session.*", self.seen)
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from plugin_sdk.api.host import Link
from protocol.filters import written
from protocol.topics import own_topic


class Events:
    """Emits events, and subscribes handlers in code."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def own(self, event: str) -> str:
        """Return the full topic of an event of this plugin."""
        return f"plugin.{self._link.plugin_id}.{event}"

    async def emit(self, event: str, data: Any = None, *, durable: bool | None = None) -> int:
        """Say that something happened; returns the event's number.

        An event without a dot is this plugin's own and becomes `plugin.<id>.<event>`; other topics need the
        permission `events:emit:<topic>`. Handlers are not waited for. Where the event is durable it is on the
        disk when this returns.

        Raises:
            RpcError: `denied`, `invalid_params`, or `disk_full`.
        """
        params: dict[str, Any] = {"topic": own_topic(self._link.plugin_id, event), "data": data}
        if durable is not None:
            params["durable"] = durable
        return (await self._link.call_host("events.emit", params))["seq"]

    async def on(
        self,
        topics: str | Sequence[str],
        handler: Callable[..., Any],
        *,
        where: Mapping[str, Any] | None = None,
        durable: bool = False,
    ) -> None:
        """Subscribe a function from now on; see `plugin_sdk.on`. It ends with the plugin, or with `off`."""
        listed = [topics] if isinstance(topics, str) else list(topics)
        condition = written(where or {})
        part = self._link.part("events")
        added = part.add(listed, handler, condition, durable)
        subscription = {"name": added.name, "topics": listed, "where": condition, "durable": durable}
        try:
            await self._link.call_host("events.subscribe", {"subscription": subscription})
        except BaseException:
            part.drop(handler)
            raise

    async def off(self, handler: Callable[..., Any]) -> None:
        """End the subscription of a function that `on` subscribed."""
        name = self._link.part("events").drop(handler)
        if name:
            await self._link.call_host("events.unsubscribe", {"name": name})
