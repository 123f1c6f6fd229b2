"""Parts: what of a host the facade in its process stands on. Filled once by the assembly."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from anyio.abc import TaskGroup

from host.clock import Clock
from host.errors import HostClosed
from host.facade.pages import ClientPage, ReloadPage
from host.observe.recorder import FlightRecorder
from host.operations.feed import Feeds
from host.operations.tracing import Tracing
from host.routing.calls import Calls
from host.routing.events import Events
from host.routing.hooks import Hooks
from host.services.commands import Commands
from host.services.configuration import Configuration
from host.services.contract import Contract
from host.services.endpoints import Endpoints
from host.services.prompts import Prompts
from host.services.schedules import Schedules
from host.services.storage import Storage
from host.services.ui import Ui
from host.supervision.roster import Roster
from protocol.manifest import Limits


def _nobody() -> tuple[ClientPage, ...]:
    return ()


@dataclass(slots=True)
class HostFacts:
    """What is known of the host beside its parts; some of it only once it runs."""

    name: str
    app_version: str
    limits: Limits
    plugin_folders: tuple[str, ...]
    polling: bool
    uses_warden: bool
    started_at_s: float = 0.0
    """When it was entered."""
    data_folder: str = ""
    socket: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """As they may be shown."""
    clients: Callable[[], tuple[ClientPage, ...]] = _nobody
    warden_pid: Callable[[], int | None] = lambda: None
    lag_s: Callable[[float], float] = lambda _window_s: 0.0
    """The event loop's largest lag in the last so many seconds."""
    stop: Callable[[], None] | None = None
    """Ends the host; None where it is part of another program."""
    rescan: Callable[[], Awaitable[ReloadPage]] | None = None
    reload: Callable[[str], Awaitable[None]] | None = None
    task_group: TaskGroup | None = None
    """Of the host while it runs."""

    async def reloads(self, plugin: str) -> None:
        """Have a plugin reloaded; see `PluginHost.reload`."""
        if self.reload is not None:
            await self.reload(plugin)

    def tasks(self) -> TaskGroup:
        """Return the host's task group. Raises HostClosed while it does not run."""
        if self.task_group is None:
            raise HostClosed("this host is not running")
        return self.task_group


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything that the facade reaches."""

    facts: HostFacts
    clock: Clock
    feeds: Feeds
    roster: Roster
    recorder: FlightRecorder
    events: Events
    storage: Storage
    configuration: Configuration
    commands: Commands
    endpoints: Endpoints
    schedule: Schedules
    ui: Ui
    prompts: Prompts
    hooks: Hooks
    contract: Contract
    calls: Calls
    tracing: Tracing
    demand: Callable[[str, str], None]
    """Lets plugins need a permission for what is free; the gateway's."""
