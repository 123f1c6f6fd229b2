"""Front: the facade of one host and, where it is asked for, the control socket over it.

Made by the assembly, which tells it when the host begins and ends.
"""

from collections.abc import Callable
from pathlib import Path

from anyio.abc import TaskGroup

from host.operations.operations import Operations
from host.operations.parts import Parts
from host.process.launcher import Launcher
from host.process.marked import is_plugins


class Front:
    """Of one host."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._launcher: Launcher | None = None
        self.operations = Operations(parts)
        parts.hooks.told_released = self._hooks_released

    def began(
        self, folder: Path, tasks: TaskGroup, lag_s: Callable[[float], float], launcher: Launcher
    ) -> None:
        """Know the running host: its data folder, its tasks, its loop's lag, and who starts its plugins."""
        self._launcher = launcher
        facts = self._parts.facts
        facts.data_folder = str(folder)
        facts.task_group = tasks
        facts.started_at_s = self._parts.clock.wall()
        facts.lag_s = lag_s
        facts.warden_pid = lambda: launcher.adopter

    async def serve(self, folder: Path, tasks: TaskGroup) -> None:
        """Open the control socket; it closes with the host's tasks.

        Raises:
            AlreadyRunning, SettingsError: It can't be opened.
        """
        # Hosts without a socket do not load what serves one.
        from host.control.server import ControlServer

        server = ControlServer(
            self.operations.facade,
            is_plugins=self._is_plugins,
            audit=self.operations.happenings.audited,
            clock=self._parts.clock,
        )
        facts = self._parts.facts
        facts.socket = str(await tasks.start(server.run, folder))
        facts.clients = server.clients

    def ended(self) -> None:
        """Know that nothing runs any more."""
        self._parts.facts.task_group = None

    def _hooks_released(self, plugin: str) -> None:
        """Have the audit know: what guarded does so no longer."""
        self.operations.happenings.audited("host", "hooks.release", {"plugin": plugin}, "done")

    def _is_plugins(self, pid: int) -> bool:
        adopter = None if self._launcher is None else self._launcher.adopter
        pids = {view.pid for view in self._parts.roster.views()} | {adopter}
        return is_plugins(pid, {one for one in pids if one is not None})
