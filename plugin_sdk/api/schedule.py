"""`self.schedule`: periodic work, registered in code. It ends with the plugin, by itself.

timer = await self.schedule.every(self.report, hours=self.config["report_interval"])
await self.schedule.cancel(timer)
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

from plugin_sdk.api.host import Link
from plugin_sdk.api.registering import register

if TYPE_CHECKING:
    from plugin_sdk.runtime.parts.schedule import SchedulePart
    from protocol.messages.provides import Schedule as Declared

Missed = Literal["skip", "once", "all"]


class Schedule:
    """Periodic work of this plugin. All raise RpcError for what the host refuses."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def every(
        self,
        handler: Callable[..., Any],
        *,
        seconds: float = 0,
        minutes: float = 0,
        hours: float = 0,
        days: float = 0,
        name: str = "",
        missed: Missed = "skip",
    ) -> str:
        """Call a function each so many seconds, minutes, hours and days; return the schedule's name."""
        from plugin_sdk.decorators.schedule import period_s

        every_s = period_s(seconds, minutes, hours, days)
        return await self._register(lambda part: part.add(handler, name=name, every_s=every_s, missed=missed))

    async def cron(
        self, handler: Callable[..., Any], line: str, *, tz: str = "", name: str = "", missed: Missed = "skip"
    ) -> str:
        """Call a function when a cron line says; return the schedule's name."""
        return await self._register(
            lambda part: part.add(handler, name=name, cron=line, tz=tz, missed=missed)
        )

    async def cancel(self, name: str) -> None:
        """End a schedule; a run that is under way goes on."""
        await self._link.call_host("schedule.unregister", {"name": name})
        self._part().remove(name)

    async def list(self) -> "list[dict[str, Any]]":
        """Return this plugin's schedules: when each ran, runs next, and what went wrong."""
        return await self._link.call_host("schedule.list", {})

    async def _register(self, add: "Callable[[SchedulePart], Declared]") -> str:
        part = self._part()
        declared, _ = await register(
            self._link,
            "schedule.register",
            lambda: add(part),
            lambda declared: part.remove(declared.name),
        )
        return declared.name

    def _part(self) -> "SchedulePart":
        return self._link.part("schedule")
