"""PluginHost: what an embedding program holds.

Owns entering and leaving, and hands on what is asked; the parts are the assembly's. One root task owns
everything that runs. It is started by `__aenter__` and awaited by `aclose`, from any task: a web framework's
lifespan and a test's fixture enter and leave in different ones. No signal handler is installed, and no
process is waited for that this host did not start.
"""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, TypeVar

import anyio

from host.assembly import Assembly
from host.clock import Clock, SystemClock
from host.errors import HostClosed, PlughostError, UnsupportedPlatform
from host.facade import PluginView
from host.given import Given, check_given
from host.host_verbs import HostVerbs
from host.observe.changes import Subscription
from host.observe.log_folder import LogFiles
from host.permissions.policy import Policy, declared_is_granted
from host.services.storage import DEFAULT_QUOTA_BYTES
from host.settings.events import EventSettings
from host.settings.mail import MailSettings
from host.supervision.debugging import Debugging
from host.supervision.roster import Roster
from host.timing import Timing
from protocol.manifest import Limits

_F = TypeVar("_F", bound=Callable[..., Any])


class PluginHost(HostVerbs):
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
        control: bool = False,
        email: MailSettings | None = None,
        events: EventSettings | None = None,
        storage_quota_bytes: int = DEFAULT_QUOTA_BYTES,
        system_config: Mapping[str, Any] | None = None,
        log_files: LogFiles | None = None,
        rate_limits: Mapping[str, str] | None = None,
        consent: Literal["widening", "never"] = "widening",
        timing: Timing | None = None,
        clock: Clock | None = None,
        debugging: Debugging | None = None,
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
            polling: Wait awake, 0.1 ms at most, for the answer to a lone call: faster, but holds this loop.
            events: How long the log of durable events is kept.
            control: Let other programs of this user see the host and act on it, over a socket in `data`.
            email: The mail server that plugins' messages go by; None if they can send none.
            storage_quota_bytes: How much each plugin may keep.
            system_config: What plugins with the permission `config:read` may know of the application.
            log_files: Size and number of each plugin's log files in `data`; 10 MiB and 3 if None.
            rate_limits: How often each plugin may call, by namespace, method or `*`: {"sessions": "100/s"}.
            consent: Whether a new version that asks for more than the last one waits for the operator.
            timing: Durations other than the documented ones.
            clock: Where policies take the time from.
            debugging: Has Python plugins wait for a debugger; for a host of one plugin.

        Raises:
            SettingsError: Something that was given can't be what it should be.
        """
        check_given(
            plugins=plugins,
            config=config or {},
            warden=warden,
            consent=consent,
            system_config=system_config or {},
            storage_quota_bytes=storage_quota_bytes,
        )
        self._autoload = autoload
        given = Given(
            places=tuple(Path(place) for place in plugins),
            data=None if data is None else Path(data),
            config=config or {},
            limits=limits or Limits(),
            policy=policy,
            app=app,
            app_version=app_version,
            use_warden=warden == "auto" and sys.platform == "linux",
            polling=polling,
            control=control,
            email=email,
            events=events or EventSettings(),
            storage_quota_bytes=storage_quota_bytes,
            system_config=system_config or {},
            log_files=log_files or LogFiles(),
            rate_limits=rate_limits or {},
            consent_to_widening=consent == "widening",
            timing=timing or Timing(),
            clock=clock or SystemClock(),
            debugging=debugging,
        )
        self._roster = Roster(given.places, given.limits)
        self._parts = Assembly(self._roster, given)
        self._root: asyncio.Task[None] | None = None
        self._close_asked = anyio.Event()

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

    def allow_stop(self, stop: Callable[[], None]) -> None:
        """Let front ends end this program: `stop` is called, on the event loop, when one asks for it."""
        self._parts.facts.stop = stop

    def api(self, name: str, *, permission: str | None = None) -> Callable[[_F], _F]:
        """Publish a function to plugins, under `namespace.method`; use it as a decorator, at any time.

        A parameter named `caller`, or annotated `Caller`, receives who calls. The others come from JSON and
        are checked against their annotations. An async generator is a stream.

        Raises:
            DuplicateApi: The name is taken or reserved.
            InvalidParams: The function can't be called from JSON.
        """

        def attach(function: _F) -> _F:
            self._parts.gateway.attach(name, function, permission=permission)
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
        parts = self._parts
        if not parts.runs:
            parts.running()
        return parts.calls.call(plugin, method, params, timeout_s)

    def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Open a plugin's stream, to be read by `async for`; leaving the loop cancels it. See `call`."""
        return self._parts.running().calls.stream(plugin, method, params, timeout_s=timeout_s)

    def plugins(self) -> tuple[PluginView, ...]:
        """Return every plugin as it is now, those with a broken manifest last."""
        return self._roster.views()

    def plugin(self, plugin: str) -> PluginView:
        """Return one plugin as it is now. Raises PluginNotFound if there is none with this id."""
        return self._supervisor(plugin).view()

    def changes(self) -> Subscription:
        """Return a subscription to state changes from now on; use it as `with host.changes() as changes:`."""
        return self._parts.changes.subscribe()

    def emit(self, topic: str, data: Any = None, *, durable: bool | None = None) -> Coroutine[Any, Any, int]:
        """Say what happened: `await host.emit("session.created", {...})`; on disk where it is durable.

        Raises:
            InvalidParams, DiskFull: The topic or the data can't be used, or there is no room.
        """
        return self._parts.events.emit(topic, data, durable)

    async def _run(self, ready: "asyncio.Future[None]") -> None:
        def is_ready() -> None:
            if not ready.done():
                ready.set_result(None)

        try:
            await self._parts.run(is_ready, self._close_asked)
        except BaseException as exc:
            if ready.done():
                raise
            ready.set_exception(exc)
            # Whoever entered may have been cancelled and never look; asyncio would complain.
            ready.exception()
            if not isinstance(exc, Exception):
                raise
