"""Assembly: builds every part of one host once, wires them to each other, and takes them apart at the end.

The composition root: the one place that knows all parts. `PluginHost` makes one, hands on what an embedding
program asks, and starts the task that `run` is. What can be used before a host is entered (functions that are
published, subscriptions) is there from the beginning; the rest lives as long as `run`.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Self

import anyio
import anyio.abc

from host.doors import attach_services
from host.errors import HostClosed
from host.facade import Change, Opens, Registry
from host.facade.pages import ReloadPage
from host.front import Front
from host.given import Given
from host.observe.changes import ChangeFeed
from host.observe.recorder import FlightRecorder
from host.operations.feed import Feeds
from host.operations.parts import Parts
from host.operations.tracing import Tracing
from host.process.direct_launcher import DirectLauncher
from host.process.grown_pipes import GrownPipes
from host.process.journal import Journal
from host.process.launcher import Launcher
from host.process.shelf import fill_shelf
from host.process.warden_launcher import WardenLauncher
from host.routing.calls import Calls
from host.routing.control_calls import ControlCalls
from host.routing.event_log_keeper import EventLogKeeper
from host.routing.events import Events
from host.routing.gateway import ApiGateway
from host.routing.hook_book import HookBook
from host.routing.hooks import Hooks
from host.routing.rate_limits import RateLimits
from host.rpc import HeldFrames
from host.services.commands import Commands
from host.services.configuration import Configuration
from host.services.configuration_api import ConfigurationApi
from host.services.configuration_book import Plugins
from host.services.contract import Contract
from host.services.endpoints import Endpoints
from host.services.forgetting import Forgetting, Forgotten
from host.services.kinds import Kinds
from host.services.mail import Mail
from host.services.notifications import Notifications
from host.services.prompts import Prompts
from host.services.scanner import Scanner, unheard
from host.services.schedules import Schedules
from host.services.space_watch import SpaceWatch
from host.services.storage import Storage
from host.services.ui import Ui
from host.state.ledger import Ledger
from host.state.lock import DataFolder, open_data_folder
from host.state.records import Records
from host.supervision.condition import Condition
from host.supervision.environment import Environment
from host.supervision.narrative import log_change
from host.supervision.registries import Registries
from host.supervision.reloading import reload
from host.supervision.roster import Roster
from host.supervision.shared import Shared
from host.supervision.states import State
from host.supervision.storm import MAX_PARALLEL_STARTS, StormGuard
from host.watchdog.monitor import Monitor
from host.watchdog.sampler import Sampler
from protocol.polling import Polling


class Assembly:
    """The parts of one host."""

    def __init__(self, roster: Roster, given: Given) -> None:
        """Take what `PluginHost` was given; nothing is touched before `run`."""
        self.roster = roster
        self.gateway = ApiGateway()
        self.calls = Calls(roster, given.timing)
        self.changes = ChangeFeed()
        self._given = given
        clock = self._clock = given.clock
        self.gateway.rate_limits = RateLimits(given.rate_limits, clock.monotonic)
        self._environment: Environment | None = None
        self.runs = False
        """Whether what works only while the host runs does; `running` says it with an error."""
        self.recorder = FlightRecorder(
            keeps=given.data is not None, log_files=given.log_files, check=roster.get
        )
        self.events = Events(clock, EventLogKeeper(clock, given.events, given.timing))
        self.recorder.analytics.emit = self.events.tell
        self.storage = Storage(clock, given.storage_quota_bytes)
        self.spaces = SpaceWatch(self.storage, self.events.tell)
        self.notifications = Notifications(clock)
        self.prompts = Prompts(clock, self.events.tell)
        self.mail = Mail(given.email)
        plugins = Plugins(roster.ids, roster.package, roster.taking_calls, self._restart)
        self.configuration = Configuration(plugins, given.config, clock)
        ConfigurationApi(self.configuration, given.system_config).attach(self.gateway)
        facts = self.facts = given.facts()
        feeds = Feeds()
        self._tracing = Tracing(feeds.rpc, clock)
        asked = ControlCalls(roster)
        self.commands = Commands(asked, roster.returns)
        self.endpoints = Endpoints(asked, roster.returns, roster.is_enabled)
        self.schedule = Schedules(asked, clock)
        self.ui = Ui(asked, roster.returns, roster.folder, roster.without_program, clock)
        self.contract = Contract(asked, roster.without_program)
        book = HookBook(roster.is_enabled)
        self.hooks = Hooks(book, roster)
        self.kinds = Kinds(roster.views)
        self.scanner = Scanner(self.hooks, lambda: self.spaces.spaces, partial(unheard, roster, book))
        kept = (self.storage, self.spaces, self.configuration, book, self.events, self.schedule)
        self._forgetting = Forgetting(roster, *kept, self.recorder)
        self._registries: tuple[Registry, ...] = (
            *(self.events, self.storage, self.spaces, self.configuration),
            *(self.commands, self.endpoints, self.schedule, self.ui),
            *(book, self.kinds, self._tracing),
        )
        """Who takes in what plugins provide, in the order in which they are told."""
        self._opens: tuple[Opens, ...] = (
            *(self.recorder, self.events, self.storage, self.spaces),
            *(self.configuration, self.schedule, book, self.scanner, self.prompts),
        )
        """What has files or tasks, in the order in which it is opened."""
        facts.rescan, facts.reload = self.rescan, self.reload
        self._front = Front(
            Parts(
                facts=facts,
                clock=clock,
                feeds=feeds,
                roster=roster,
                recorder=self.recorder,
                events=self.events,
                storage=self.storage,
                configuration=self.configuration,
                commands=self.commands,
                endpoints=self.endpoints,
                schedule=self.schedule,
                ui=self.ui,
                prompts=self.prompts,
                hooks=self.hooks,
                contract=self.contract,
                calls=self.calls,
                tracing=self._tracing,
                demand=self.gateway.demand,
            )
        )
        self.facade = self._front.operations.facade
        attach_services(
            self.gateway,
            roster,
            self.calls,
            self.events,
            self.recorder,
            self.storage,
            (
                *(self.notifications, self.prompts, self.mail),
                *(self.commands, self.endpoints, self.schedule, self.ui),
            ),
        )

    def running(self) -> Self:
        """Return the parts that work only while the host runs. Raises HostClosed: It does not run."""
        self._running()
        return self

    def _running(self) -> Environment:
        if self._environment is None:
            raise HostClosed("this host is not running")
        return self._environment

    async def rescan(self, places: tuple[Path, ...] | None = None) -> ReloadPage:
        """Look for plugins again, in other folders if they are given; see `Roster.discover`.

        Raises HostClosed, as `running` does.
        """
        environment = self._running()
        if places is not None:
            self.roster.look_in(places)
            self.facts.plugin_folders = tuple(map(str, places))
        before = {*self.roster.ids()}
        await self.roster.discover(environment)
        after = {*self.roster.ids()}
        found, gone = tuple(sorted(after - before)), tuple(sorted(before - after))
        return ReloadPage(applied=(), needs_restart=(), found=found, gone=gone)

    async def reload(self, plugin: str) -> None:
        """Bring a plugin's package, as it is now, into service; see `PluginHost.reload`."""
        await reload(self.roster, plugin, self._running(), self._given.limits)

    def reload_by(self, reload: Callable[[], Awaitable[ReloadPage]]) -> None:
        """Have `reload` called where a front end asks for the settings to be read again."""
        self.facts.rescan = reload

    async def forget(self, plugin: str, *, data: bool, keep_package: bool) -> Forgotten:
        """Remove what is kept of a plugin; see `PluginHost.forget`."""
        return await self._forgetting(plugin, self._running(), data=data, keep_package=keep_package)

    async def run(self, ready: Callable[[], None], close_asked: anyio.Event) -> None:
        """Build what lives while the host runs, tell `ready`, wait until closing is asked for, and end it.

        Raises:
            AlreadyRunning: Another host holds the data folder.
        """
        with open_data_folder(self._given.data) as folder:
            async with anyio.create_task_group() as tasks:
                launcher: Launcher = WardenLauncher() if self._given.use_warden else DirectLauncher()
                opened: list[Opens] = []
                try:
                    for part in self._opens:
                        opened.append(part)
                        await part.open(folder.path, tasks)
                    self._environment = self._build(folder, launcher, tasks)
                    self.runs = True
                    await self.roster.discover(self._environment)
                    if self._given.control:
                        await self._front.serve(folder.path, tasks)
                    ready()
                    await close_asked.wait()
                finally:
                    with anyio.CancelScope(shield=True):
                        await self._end(launcher, opened)
                tasks.cancel_scope.cancel()

    def _build(self, folder: DataFolder, launcher: Launcher, tasks: anyio.abc.TaskGroup) -> Environment:
        journal = Journal(Ledger(folder.path, ephemeral=folder.ephemeral))
        journal.sweep()
        monitor = Monitor(
            Sampler(self._clock, lambda: launcher.adopter),
            self._clock,
            every_s=self._given.timing.watch_every_s,
            near_every_s=self._given.timing.watch_near_s,
            swept=self._front.operations.swept,
        )
        self._front.began(folder.path, tasks, monitor.lag_s, launcher)
        tasks.start_soon(monitor.run)
        shared = Shared(
            timing=self._given.timing,
            clock=self._clock,
            gateway=self.gateway,
            monitor=monitor,
            tracks=self.recorder,
            storm=StormGuard(self._clock),
            held_frames=HeldFrames(),
            grown_pipes=GrownPipes(),
            live_count=self.roster.live_count,
            polling=Polling(enabled=self._given.polling),
            registries=Registries(self._registries),
        )
        return Environment(
            shared=shared,
            launcher=launcher,
            shelf=fill_shelf(folder.path),
            spaces=self.spaces.spaces,
            inputs=self.configuration,
            contributions=self.ui,
            records=Records(folder.path, ephemeral=folder.ephemeral),
            journal=journal,
            tasks=tasks,
            start_slots=anyio.CapacityLimiter(MAX_PARALLEL_STARTS),
            policy=self._given.policy,
            consent_to_widening=self._given.consent_to_widening,
            application=self._given.app,
            application_version=self._given.app_version,
            debugging=self._given.debugging,
            replaced=lambda plugin, pid, former: self.events.tell(
                "plughost.plugin.replaced", {"plugin": plugin, "pid": pid, "former_pid": former}
            ),
            changed=self._changed,
        )

    async def _end(self, launcher: Launcher, opened: list[Opens]) -> None:
        self.recorder.host_closes()
        await self.roster.stop_all()
        await launcher.aclose()
        for part in reversed(opened):
            await part.aclose()
        self._environment, self.runs = None, False
        self._front.ended()

    # What the parts tell.

    def _changed(self, now: Condition, old: State) -> None:
        log_change(now, old, self.recorder.track(now.plugin))
        change = Change(now.plugin, old.value, now.state.value, now.reason, self._clock.wall())
        self.recorder.changed(change, self.roster.get(now.plugin).view())
        self.events.tell(
            f"plughost.plugin.{now.state.value}",
            {"plugin": now.plugin, "old": old.value, "new": now.state.value, "reason": now.reason},
        )
        self._front.operations.changed(change)
        self.changes.publish(change)

    async def _restart(self, plugin: str) -> None:
        await self.roster.get(plugin).restart()
