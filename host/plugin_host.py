"""PluginHost: builds every part once, wires them, and is what an embedding program holds.

One root task owns everything that runs. It is started by `__aenter__` and awaited by `aclose`, from any task:
a web framework's lifespan and a test's fixture enter and leave in different ones. No signal handler is
installed, and no process is waited for that this host did not start.
"""

import asyncio
import logging
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import anyio
import anyio.abc

from host.clock import Clock, SystemClock
from host.errors import (
    HostClosed,
    PlughostError,
    UnsupportedPlatform,
)
from host.facade import Caller, Change, PluginView
from host.ids import PluginId
from host.observe.changes import ChangeFeed, Subscription
from host.permissions.policy import Policy, declared_is_granted
from host.process.direct_launcher import DirectLauncher
from host.process.journal import Journal
from host.process.launcher import Launcher
from host.process.warden_launcher import WardenLauncher
from host.routing.calls import Calls
from host.routing.gateway import ApiGateway
from host.rpc import GrownPipes, HeldFrames
from host.services.about import AboutService
from host.services.log import LogService
from host.services.plugins import PluginsService
from host.state.ledger import Ledger
from host.state.lock import open_data_folder
from host.state.records import Records
from host.supervision.environment import Environment
from host.supervision.narrative import log_change
from host.supervision.roster import Roster
from host.supervision.session import Shared
from host.supervision.states import State
from host.supervision.storm import MAX_PARALLEL_STARTS, StormGuard
from host.supervision.supervisor import Supervisor
from host.timing import Timing
from host.watchdog.monitor import Monitor
from host.watchdog.sampler import Sampler
from protocol.manifest import Limits
from protocol.polling import Polling

logger = logging.getLogger(__name__)

_F = TypeVar("_F", bound=Callable[..., Any])


class PluginHost:
    """Runs plugins. Use it as `async with PluginHost(plugins=["./plugins"]) as host:`."""

    def __init__(
        self,
        plugins: Iterable[str | Path] = (),
        *,
        data: str | Path | None = None,
        config: Mapping[str, Mapping[str, Any]] | None = None,
        limits: Limits | None = None,
        autoload: bool = False,
        policy: Policy = declared_is_granted,
        app: str = "",
        app_version: str = "",
        warden: Literal["auto", "off"] = "auto",
        polling: bool = False,
        timing: Timing | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Describe a host; nothing is touched before it is entered.

        Args:
            plugins: Folders of plugins, or of folders of plugins.
            data: Where state is kept; None for a temporary folder that goes with the host.
            config: Configuration by plugin id, over each plugin's own defaults.
            limits: Defaults for plugins whose manifest says nothing.
            autoload: Load all that is enabled; entering waits until each is active or has failed.
            policy: Says of each declared permission whether it is granted.
            app: Name of the embedding application, for plugins that require a version of it.
            app_version: Its version.
            warden: `off` starts plugins from this process even where a warden could.
            polling: Wait awake, for 0.1 ms at most, for the answer to a call that is alone: several times
                faster, but it holds this event loop meanwhile.
            timing: Durations other than the documented ones.
            clock: Where policies take the time from.
        """
        self._data = None if data is None else Path(data)
        self._autoload = autoload
        self._permission_policy = policy
        self._app = app
        self._app_version = app_version
        self._use_warden = warden == "auto" and sys.platform == "linux"
        self._polling = Polling(enabled=polling)
        self._timing = timing or Timing()
        self._clock = clock or SystemClock()
        self._gateway = ApiGateway()
        self._roster = Roster([Path(place) for place in plugins], limits or Limits(), config or {})
        self._calls = Calls(self._roster, self._timing)
        self._attach_services()
        self._changes = ChangeFeed()
        self._environment: Environment | None = None
        self._root: asyncio.Task[None] | None = None
        self._close_asked = anyio.Event()

    # Life.

    async def __aenter__(self) -> Self:
        """Take the data folder, discover the plugins, and load them if `autoload` says so.

        Raises:
            AlreadyRunning: Another host holds the data folder.
            UnsupportedPlatform: This operating system, or this event loop, can't do it.
        """
        if self._root is not None:
            raise HostClosed("this host is entered already", remedy="build a second one")
        loop = asyncio.get_running_loop()
        if sys.platform == "win32":
            raise UnsupportedPlatform("Plughost does not run on Windows yet")
        self._close_asked = anyio.Event()
        ready: asyncio.Future[None] = loop.create_future()
        # The one task that is not in a group: it owns the group that all others are in.
        self._root = loop.create_task(self._run(ready), name="plughost")
        try:
            await asyncio.shield(ready)
            if self._autoload:
                await self.load_all()
        except BaseException:
            await self.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Stop every plugin and wait until nothing of them is left. A second call does nothing."""
        root = self._root
        if root is None:
            return
        self._close_asked.set()
        with anyio.CancelScope(shield=True):
            await asyncio.wait([root])
        self._root = None
        if (
            not root.cancelled()
            and (error := root.exception()) is not None
            and not isinstance(error, PlughostError)
        ):
            raise error

    def hasten(self) -> None:
        """While it closes: cut short what each plugin's end is waiting for."""
        self._roster.hasten()

    # For the embedding program.

    def api(self, name: str, *, permission: str | None = None) -> Callable[[_F], _F]:
        """Publish a function to plugins, under `namespace.method`; use it as a decorator, at any time.

        A parameter named `caller`, or annotated `Caller`, receives who calls. The others come from JSON and
        are checked against their annotations. An async generator is a stream.

        Raises:
            DuplicateApi: The name is taken or reserved.
            InvalidParams: The function can't be called from JSON.
        """

        def attach(function: _F) -> _F:
            self._gateway.attach(name, function, permission=permission)
            return function

        return attach

    def call(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> Coroutine[Any, Any, Any]:
        """Call a plugin's method: `result = await host.call(...)`. Without `timeout_s` the deadline is 5 s.

        Raises:
            PluginNotFound, NotActive, Disabled, Quarantined: The plugin can't be called.
            CallError: The call brought no result; see `host.errors` for each kind.
        """
        self._running()
        return self._calls.call(plugin, method, params, timeout_s=timeout_s)

    def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Open a plugin's stream, to be read by `async for`; leaving the loop cancels it. See `call`."""
        self._running()
        return self._calls.stream(plugin, method, params, timeout_s=timeout_s)

    def plugins(self) -> tuple[PluginView, ...]:
        """Return every plugin as it is now, those with a broken manifest last."""
        return self._roster.views()

    def plugin(self, plugin: str) -> PluginView:
        """Return one plugin as it is now.

        Raises:
            PluginNotFound: There is none with this id.
        """
        return self._supervisor(plugin).view()

    def changes(self) -> Subscription:
        """Return a subscription to state changes from now on; use it as `with host.changes() as changes:`."""
        return self._changes.subscribe()

    # Verbs.

    async def load(self, plugin: str) -> None:
        """Bring a plugin, and before it the plugins that it depends on, to `active`.

        Raises:
            PluginNotFound: There is none with this id.
            Disabled, Quarantined, Busy: It may not start now.
            LoadFailed, LoadRefused: It did not become active; only the first is tried again by itself.
        """
        await self._live_roster().load(plugin)

    async def unload(self, plugin: str) -> None:
        """Stop a plugin and keep it stopped; a second call while it stops hastens it."""
        await self._supervisor(plugin).stop()

    async def restart(self, plugin: str) -> None:
        """Stop a plugin and load it anew."""
        await self._supervisor(plugin).restart()

    async def kill(self, plugin: str) -> None:
        """End a plugin's process without grace, and keep it stopped."""
        await self._supervisor(plugin).kill()

    async def enable(self, plugin: str) -> None:
        """Allow a disabled plugin to be loaded."""
        await self._supervisor(plugin).enable()

    async def disable(self, plugin: str) -> None:
        """Stop a plugin and do not let it be loaded until it is enabled; kept over restarts of the host."""
        await self._supervisor(plugin).disable()

    async def reset(self, plugin: str) -> None:
        """End a plugin's quarantine."""
        await self._supervisor(plugin).reset()

    async def load_all(self) -> dict[PluginId, PlughostError]:
        """Load all that is enabled and not stopped on purpose, critical ones first; return what failed."""
        return await self._live_roster().load_all()

    async def rescan(self) -> None:
        """Look for plugins again. New ones appear, and changed ones that do not run are read anew."""
        await self._roster.discover(self._running())

    # Building and ending.

    async def _run(self, ready: "asyncio.Future[None]") -> None:
        try:
            with open_data_folder(self._data) as folder:
                async with anyio.create_task_group() as tasks:
                    launcher: Launcher = (
                        WardenLauncher(self._warden_lost) if self._use_warden else DirectLauncher()
                    )
                    try:
                        await self._build(folder.path, launcher, tasks)
                        if not ready.done():
                            ready.set_result(None)
                        await self._close_asked.wait()
                    finally:
                        with anyio.CancelScope(shield=True):
                            await self._end(launcher)
                    tasks.cancel_scope.cancel()
        except BaseException as exc:
            if ready.done():
                raise
            ready.set_exception(exc)
            # Whoever entered may have been cancelled and never look; asyncio would complain.
            ready.exception()
            if not isinstance(exc, Exception):
                raise

    async def _build(self, folder: Path, launcher: Launcher, tasks: anyio.abc.TaskGroup) -> None:
        journal = Journal(Ledger(folder))
        journal.sweep()
        monitor = Monitor(
            Sampler(self._clock, lambda: launcher.adopter),
            self._clock,
            every_s=self._timing.watch_every_s,
            near_every_s=self._timing.watch_near_s,
        )
        tasks.start_soon(monitor.run)
        shared = Shared(
            timing=self._timing,
            clock=self._clock,
            gateway=self._gateway,
            monitor=monitor,
            storm=StormGuard(self._clock),
            held_frames=HeldFrames(),
            grown_pipes=GrownPipes(),
            live_count=self._roster.live_count,
            polling=self._polling,
        )
        self._environment = Environment(
            shared=shared,
            launcher=launcher,
            records=Records(folder),
            journal=journal,
            tasks=tasks,
            start_slots=anyio.CapacityLimiter(MAX_PARALLEL_STARTS),
            policy=self._permission_policy,
            application=self._app,
            application_version=self._app_version,
            changed=self._changed,
        )
        await self._roster.discover(self._environment)

    async def _end(self, launcher: Launcher) -> None:
        await self._roster.stop_all()
        await launcher.aclose()
        self._environment = None

    def _attach_services(self) -> None:
        gateway = self._gateway
        log = LogService(self._write_log)
        about = AboutService(gateway.describe)
        plugins = PluginsService(self._calls)
        gateway.attach_notification("log.write", log.write)
        gateway.attach_builtin("host.info", about.info)
        gateway.attach_builtin("rpc.discover", about.discover)
        gateway.attach_builtin("plugins.call", plugins.call)
        gateway.attach_builtin("plugins.stream", plugins.stream)

    def _supervisor(self, plugin: str) -> Supervisor:
        return self._live_roster().get(plugin)

    def _live_roster(self) -> Roster:
        self._running()
        return self._roster

    def _running(self) -> Environment:
        if self._environment is None:
            raise HostClosed("this host is not running")
        return self._environment

    # What the parts tell.

    def _changed(self, view: PluginView, old: State, new: State) -> None:
        log_change(view, old, new)
        self._changes.publish(Change(view.id, old.value, new.value, view.reason, self._clock.wall()))

    def _write_log(self, caller: Caller, level: int, message: str, fields: Mapping[str, Any]) -> None:
        session = self._roster.session(caller.plugin)
        if session is not None:
            session.log.write(level, message, fields)

    def _warden_lost(self) -> None:
        logger.warning("a new warden is started, and the plugins are brought back")
