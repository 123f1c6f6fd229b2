"""`schedule.*`: plugins are called again and again, by a period or by a cron line.

Owns which schedules there are, when each ran and what came of it. One task waits for the next of all; when
that is, the agenda knows. A run that fails is told in the plugin's log and counted, and the next one comes.
"""

import logging
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import anyio
from anyio.abc import TaskGroup

from host.clock import Clock
from host.cron import read_rule
from host.errors import ContributionNotFound, DuplicateContribution, InvalidParams, PlughostError
from host.facade import Caller, Joining
from host.ids import SessionId
from host.routing.calls import MAX_TIMEOUT_S
from host.routing.control_calls import ControlCalls
from host.routing.gateway import ApiGateway
from host.services.agenda import Agenda, Entry, Tick
from host.services.declared import schedules_of
from host.services.planned import Planned, ScheduleView, info_of, key_of, schedule_fault, views_of, when_of
from host.services.runs import Runs
from host.services.schedule_memory import Memory, ScheduleMemory
from protocol.messages.provides import MissedRuns, Schedule
from protocol.messages.schedule import ScheduleInfo, TickCall

logger = logging.getLogger(__name__)

RUN_IDLE_S: Final = 600.0
"""Longest time of a run without a sign of progress; with them it may take a day."""

MAX_SCHEDULES: Final = 100
"""Schedules of one plugin."""

MAX_RUNS: Final = 8
"""Runs of one plugin at once; they share the places that its calls have."""


class Schedules:
    """All schedules of one host."""

    def __init__(self, calls: ControlCalls, clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._agenda = Agenda(clock)
        self._memory = ScheduleMemory()
        self._runs = Runs()
        self._planned: dict[tuple[SessionId, str], Planned] = {}
        self._of_entry: dict[Entry, Planned] = {}
        self._limits: dict[SessionId, anyio.CapacityLimiter] = {}
        self._news = anyio.Event()
        self._tasks: TaskGroup | None = None

    def attach(self, gateway: ApiGateway) -> None:
        """Let plugins reach it."""
        gateway.attach_builtin("schedule.register", self._register)
        gateway.attach_builtin("schedule.unregister", self._unregister)
        gateway.attach_builtin("schedule.list", self._listed)

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Begin to wait for what is due."""
        await self._memory.open(folder)
        self._news = anyio.Event()
        self._tasks = tasks
        tasks.start_soon(self._wait)
        tasks.start_soon(self._memory.run)

    async def aclose(self) -> None:
        """Keep what is not yet kept."""
        self._tasks = None
        await self._memory.write()

    # What the application asks.

    def list(self, plugin: str | None = None) -> tuple[ScheduleView, ...]:
        """Return every schedule of the plugins that are loaded, or of one, the next one first."""
        in_force = self._runs.in_force
        return views_of(
            one
            for one in self._planned.values()
            if plugin in (None, one.session.plugin) and in_force(one.session.id)
        )

    async def run(self, plugin: str, name: str) -> None:
        """Run a schedule now, beside its times, and wait for the end of the run.

        Raises:
            ContributionNotFound: There is none.
            PlughostError: It failed, and why.
        """
        for one in self._planned.values():
            if (one.session.plugin, one.declared.name) == (plugin, name) and self._runs.in_force(
                one.session.id
            ):
                await self._run_one(one, Tick(self._clock.wall()))
                return
        self._calls.live(plugin)  # says what is wrong with the plugin, where that is it
        raise ContributionNotFound("schedule", f"{plugin}:{name}")

    # What a session does.

    def check(self, session: Joining) -> Iterable[str]:
        """Return what is wrong with its schedules."""
        schedules = schedules_of(session)
        if len(schedules) > MAX_SCHEDULES:
            yield f"schedules: found {len(schedules)}; allowed: at most {MAX_SCHEDULES}"
            return
        seen: set[str] = set()
        for one in schedules:
            if one.name in seen:
                yield f"schedule {one.name[:100]!r}: it is declared twice"
            seen.add(one.name)
            if fault := schedule_fault(one):
                yield fault

    def join(self, session: Joining) -> None:
        """Take its schedules in; they begin once it is active."""
        self._runs.join(session)
        self._take_all(session)

    def activated(self, session: Joining) -> None:
        """Begin its schedules."""
        for one in self._planned.values():
            if one.session is session:
                self._begin(one)

    def wait(self, session: Joining) -> None:
        """Take its schedules in, for when it takes over."""
        self._runs.wait(session)
        self._take_all(session)

    def succeed(self, session: Joining, predecessor: Joining) -> None:
        """Let its schedules go on where the predecessor's are; the same one misses and repeats nothing."""
        self._runs.succeed(session, predecessor)
        for key, old in [*self._planned.items()]:
            if old.session is not predecessor:
                continue
            new = self._planned.get((session.id, old.declared.name))
            if new is None or when_of(new.declared) != when_of(old.declared):
                self._drop(key, old)
                continue
            # The same entry: also what runs at this moment goes on to keep the next run waiting.
            del self._planned[key]
            self._planned[session.id, old.declared.name] = old
            old.session, old.declared = session, new.declared
            old.entry.missed_runs = new.declared.missed
        for one in self._planned.values():
            if one.session is session and not one.active:
                self._recall(one)
                self._begin(one)

    def leave(self, session: Joining) -> None:
        """End its schedules."""
        self._runs.leave(session)
        self._limits.pop(session.id, None)
        for key, one in list(self._planned.items()):
            if one.session is session:
                self._drop(key, one)

    # What plugins ask.

    async def _register(
        self,
        caller: Caller,
        name: str,
        every_s: float | None = None,
        cron: str = "",
        tz: str = "",
        missed: MissedRuns = "skip",
    ) -> dict[str, Any]:
        session = self._runs.registering(caller)
        declared = Schedule(name, every_s, cron, tz, missed)
        if fault := schedule_fault(declared):
            raise InvalidParams(fault)
        if (session.id, name) in self._planned:
            raise DuplicateContribution(f"schedule {name!r}: this plugin has it already")
        if sum(one.session is session for one in self._planned.values()) >= MAX_SCHEDULES:
            raise InvalidParams(f"schedules: allowed: at most {MAX_SCHEDULES}")
        self._plan(session, declared)
        if self._is_live(session):  # otherwise it registers in on_load, and begins with the others
            self._begin(self._planned[session.id, name])
        return {}

    async def _unregister(self, caller: Caller, name: str) -> dict[str, Any]:
        key = (caller.session, name)
        one = self._planned.get(key)
        if one is None and self._runs.is_replaced(caller.session):
            return {}
        if one is None:
            raise ContributionNotFound("schedule of this plugin", name)
        self._drop(key, one)
        return {}

    async def _listed(self, caller: Caller) -> "tuple[ScheduleInfo, ...]":
        own = [one for one in self._planned.values() if one.session.id == caller.session]
        return tuple(map(info_of, views_of(own)))

    async def forget(self, plugin: str) -> int:
        """Forget when the schedules of a plugin that is gone ran; return how many it had. Raises OSError."""
        return await self._memory.forget(plugin)

    # Inside.

    def _take_all(self, session: Joining) -> None:
        self._limits[session.id] = anyio.CapacityLimiter(MAX_RUNS)
        for one in schedules_of(session):
            self._plan(session, one)

    def _recall(self, one: Planned) -> None:
        kept = self._memory.get(key_of(one), when_of(one.declared))
        if kept is not None:
            one.entry.last_due_s, one.last_run_s, one.last_error = kept.due_s, kept.run_s, kept.error

    def _plan(self, session: Joining, declared: Schedule) -> None:
        rule = read_rule(declared.every_s, declared.cron, declared.tz)
        entry = Entry(rule, declared.missed, self._clock.wall())
        one = Planned(session, declared, entry)
        self._recall(one)
        self._planned[session.id, declared.name] = one

    def _begin(self, one: Planned) -> None:
        if one.active:
            return
        one.active = True
        self._of_entry[one.entry] = one
        self._agenda.begin(one.entry)
        self._keep(one)
        self._news.set()

    def _drop(self, key: tuple[SessionId, str], one: Planned) -> None:
        del self._planned[key]
        self._agenda.end(one.entry)
        self._of_entry.pop(one.entry, None)

    async def _wait(self) -> None:
        """Wait for what is due next, and begin it; again and again."""
        while True:
            self._news = anyio.Event()
            wait_s = self._agenda.wait_s()
            with anyio.move_on_after(wait_s):
                await self._news.wait()
            for entry in self._agenda.due():
                one = self._of_entry.get(entry)
                if one is not None and not entry.busy and self._tasks is not None:
                    entry.busy = True
                    self._tasks.start_soon(self._run_queue, one)

    async def _run_queue(self, one: Planned) -> None:
        entry = one.entry
        try:
            while entry.queue:
                tick = entry.queue.pop(0)
                self._keep(one)
                if not self._is_live(one.session):  # it is being unloaded: that is no failure of the schedule
                    continue
                try:
                    await self._run_one(one, tick)
                except PlughostError as exc:
                    plugin = one.session.plugin
                    if not entry.ended:
                        logging.getLogger(f"plugin.{plugin}").warning(
                            "the schedule %s failed: %s", one.declared.name, exc.message[:2_000]
                        )
        finally:
            entry.busy = False

    async def _run_one(self, one: Planned, tick: Tick) -> None:
        name = one.declared.name
        call = TickCall(name, tick.due_s, tick.missed)
        try:
            async with self._limits.get(one.session.id, anyio.CapacityLimiter(1)):
                if one.entry.ended:
                    return
                one.last_run_s = self._clock.wall()
                one.runs += 1
                await self._calls.ask(
                    one.session.plugin, "plugin.tick", call, name, timeout_s=MAX_TIMEOUT_S, idle_s=RUN_IDLE_S
                )
                one.last_error = ""
        except PlughostError as exc:
            one.failures += 1
            one.last_error = f"{exc.code}: {exc.message}"[:500]
            raise
        finally:
            self._keep(one)

    def _is_live(self, session: Joining) -> bool:
        try:
            return self._calls.live(session.plugin).id == session.id
        except PlughostError:
            return False

    def _keep(self, one: Planned) -> None:
        kept = Memory(when_of(one.declared), one.entry.last_due_s, one.last_run_s, one.last_error)
        self._memory.put(key_of(one), kept)
