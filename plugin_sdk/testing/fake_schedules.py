"""`schedule.*` in memory: what falls due while the test's clock moves is run, in order, and waited for."""

from typing import Any

import msgspec

from plugin_sdk.testing.cron_line import CronLine
from plugin_sdk.testing.driven_clock import DrivenClock
from plugin_sdk.testing.fake_config import Ask
from plugin_sdk.testing.fake_storage import Function
from plugin_sdk.testing.refusals import refusal
from protocol.errors import CONTRIBUTION_NOT_FOUND, DUPLICATE_CONTRIBUTION, INVALID_PARAMS, RpcError
from protocol.messages.provides import Provides, Schedule
from protocol.messages.schedule import ScheduleInfo, ScheduleName, ScheduleRegister, TickCall


class _Planned:
    """One schedule."""

    def __init__(self, declared: Schedule, now_s: float) -> None:
        self.declared = declared
        self._cron = CronLine(declared.cron, declared.tz) if declared.cron else None
        self.next_s = now_s
        self.last_s: float | None = None
        self.last_error = ""
        self.runs = self.failures = 0
        self.plan(now_s)

    def plan(self, now_s: float) -> None:
        """Reckon when it is due next."""
        every_s = self.declared.every_s
        self.next_s = now_s + (every_s or 0.0) if self._cron is None else self._cron.after(now_s)


class FakeSchedules:
    """All schedules of one plugin."""

    def __init__(self, clock: DrivenClock, ask: Ask) -> None:
        self._clock = clock
        self._ask = ask
        self._planned: dict[str, _Planned] = {}

    def functions(self) -> dict[str, Function]:
        """Return what answers each method."""
        return {
            "schedule.register": self._register,
            "schedule.unregister": self._unregister,
            "schedule.list": self._list,
        }

    def join(self, provides: Provides) -> None:
        """Take in what a session of the plugin asks for. Raises RpcError for what can't be read."""
        self._planned = {one.name: self._plan(one) for one in provides.schedules}

    def leave(self) -> None:
        """Drop all: they end with the plugin."""
        self._planned.clear()

    async def run_due(self, until_s: float) -> None:
        """Run all that is due up to a moment, in order. Raises RpcError where a run fails."""
        while self._planned:
            one = min(self._planned.values(), key=lambda planned: planned.next_s)
            if one.next_s > until_s:
                return
            due_s = one.next_s
            self._clock.reach(due_s)
            one.plan(due_s)
            one.last_s = due_s
            one.runs += 1
            try:
                await self._ask("plugin.tick", TickCall(one.declared.name, due_s))
            except RpcError as exc:
                one.failures += 1
                one.last_error = exc.message
                raise

    def _plan(self, declared: Schedule) -> _Planned:
        if (declared.every_s is None) == (not declared.cron):
            raise refusal(INVALID_PARAMS, "found both or none of every and cron; allowed: one of them")
        try:
            return _Planned(declared, self._clock.now_s)
        except ValueError as exc:
            raise refusal(INVALID_PARAMS, f"schedule {declared.name!r}: {exc}") from None

    async def _register(self, asked: ScheduleRegister) -> dict[str, Any]:
        if asked.name in self._planned:
            message = f"schedule {asked.name!r}: this plugin has it already"
            raise refusal(DUPLICATE_CONTRIBUTION, message)
        self._planned[asked.name] = self._plan(msgspec.convert(msgspec.to_builtins(asked), Schedule))
        return {}

    async def _unregister(self, asked: ScheduleName) -> dict[str, Any]:
        if self._planned.pop(asked.name, None) is None:
            message = f"there is no schedule of this plugin {asked.name!r}"
            raise refusal(CONTRIBUTION_NOT_FOUND, message, kind="schedule of this plugin", name=asked.name)
        return {}

    async def _list(self, _asked: Any) -> tuple[ScheduleInfo, ...]:
        return tuple(
            ScheduleInfo(
                name=one.declared.name,
                when=f"every {one.declared.every_s:g} s"
                if one.declared.every_s is not None
                else f"cron {one.declared.cron} {one.declared.tz}".rstrip(),
                next_run=one.next_s,
                last_run=one.last_s,
                last_error=one.last_error,
                runs=one.runs,
                failures=one.failures,
                overlaps=0,
                missed=0,
            )
            for one in self._planned.values()
        )
