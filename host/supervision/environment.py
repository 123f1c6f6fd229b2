"""Environment: what all supervisors of one host share, handed to them once."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import anyio
import anyio.abc

from host.facade import Contributions, LoadInputs
from host.permissions.policy import Policy
from host.process.launcher import Launcher
from host.state.records import Records
from host.state.spaces import Spaces
from host.supervision.condition import Told
from host.supervision.debugging import Debugging
from host.supervision.shared import Shared


class Journal(Protocol):
    """Where living processes are written down, so that a later host finds what this one left."""

    def opened(self, session: str, plugin: str, pid: int) -> None:
        """A process was started."""
        ...

    def closed(self, session: str) -> None:
        """It is gone, with all its descendants."""
        ...


@dataclass(frozen=True, slots=True)
class Environment:
    """What all supervisors of one host share."""

    shared: Shared
    launcher: Launcher
    shelf: Path
    """Folder with what Python plugins may import of this interpreter."""
    spaces: Spaces
    records: Records
    inputs: LoadInputs
    contributions: Contributions
    journal: Journal
    tasks: anyio.abc.TaskGroup
    start_slots: anyio.CapacityLimiter
    policy: Policy
    consent_to_widening: bool
    """Whether a new version that asks for more waits for the operator."""
    application: str
    application_version: str
    debugging: Debugging | None
    replaced: Callable[[str, int, int], None]
    """Told of each handover: the plugin, the pid of the run that serves now, and that of the former one."""
    changed: Told
