"""Roster: all plugins of one host, those with a broken manifest included.

Finds them, knows which needs which, and loads and stops them together. Each plugin's own life is its
supervisor's.
"""

import difflib
import logging
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from packaging.specifiers import SpecifierSet

from host.errors import (
    Disabled,
    LoadFailed,
    LoadRefused,
    ManifestError,
    PlughostError,
    PluginNotFound,
    Quarantined,
)
from host.facade import PluginView
from host.ids import PluginId
from host.manifest import discover
from host.supervision.environment import Environment
from host.supervision.restart import RestartPolicy
from host.supervision.session import Session
from host.supervision.states import State, is_live
from host.supervision.supervisor import Supervisor
from host.supervision.view import broken_view
from protocol.manifest import Limits

logger = logging.getLogger(__name__)


class Roster:
    """All plugins, by id. Empty until `discover`."""

    def __init__(
        self, places: Iterable[Path], limits: Limits, config: Mapping[str, Mapping[str, Any]]
    ) -> None:
        self._places = tuple(places)
        self._limits = limits
        self._config = config
        self._supervisors: dict[str, Supervisor] = {}
        self._broken: tuple[tuple[Path, ManifestError], ...] = ()

    def get(self, plugin: str) -> Supervisor:
        """Return a plugin's supervisor.

        Raises:
            PluginNotFound: There is none with this id.
            ManifestError: There is a folder of this name, whose manifest can't be used.
        """
        supervisor = self._supervisors.get(plugin)
        if supervisor is not None:
            return supervisor
        for folder, error in self._broken:
            if folder.name == plugin:
                raise ManifestError(str(folder), error.faults)
        raise PluginNotFound(plugin, difflib.get_close_matches(plugin, self._supervisors, n=3))

    def live(self, plugin: str) -> Session:
        """Return a running plugin's session; see `LiveSessions`."""
        supervisor = self._supervisors.get(plugin)
        if supervisor is not None and supervisor.condition.taking_calls is not None:
            return supervisor.condition.taking_calls
        return self.get(plugin).live()

    def session(self, plugin: str) -> Session | None:
        """Return a plugin's session, whatever its state; None if it has none."""
        supervisor = self._supervisors.get(plugin)
        return None if supervisor is None else supervisor.condition.session

    def live_count(self) -> int:
        """Return how many plugins run."""
        return sum(is_live(supervisor.condition.state) for supervisor in self._supervisors.values())

    def views(self) -> tuple[PluginView, ...]:
        """Return every plugin as it is now, by id, those with a broken manifest last."""
        views = [supervisor.view() for _, supervisor in sorted(self._supervisors.items())]
        return (*views, *(broken_view(folder, error) for folder, error in self._broken))

    async def discover(self, environment: Environment) -> None:
        """Look for plugins. New ones appear; of those that do not run, changed ones are read anew."""
        found = await anyio.to_thread.run_sync(discover, self._places, self._limits)
        self._broken = found.broken
        for folder, error in found.broken:
            logger.error("%s", error, extra={"fields": {"folder": str(folder)}})
        packages = {package.manifest.id: package for package in found.packages}
        for plugin, supervisor in [*self._supervisors.items()]:
            package = packages.pop(plugin, None)
            if supervisor.running:
                continue
            if package is None:
                del self._supervisors[plugin]
            elif package != supervisor.package:
                packages[plugin] = package
        for plugin, package in packages.items():
            self._supervisors[plugin] = Supervisor(
                package,
                environment,
                self._config.get(plugin, {}),
                RestartPolicy(environment.shared.clock, random.Random()),
            )

    async def load(self, plugin: str) -> None:
        """Load a plugin, and before it those that it depends on; see `PluginHost.load`."""
        await self._load(plugin, (), wake=True)

    async def load_all(self) -> dict[PluginId, PlughostError]:
        """Load all that is enabled and not stopped on purpose, critical ones first; return what failed."""
        failed: dict[PluginId, PlughostError] = {}

        async def load_one(supervisor: Supervisor) -> None:
            try:
                await self._load(supervisor.id, (), wake=False)
            except PlughostError as exc:
                failed[supervisor.id] = exc
                # A start that failed has said so already, with its state.
                if not isinstance(exc, LoadFailed) or supervisor.condition.state is State.DISCOVERED:
                    logger.error("%s", exc)

        wanted = [supervisor for supervisor in self._supervisors.values() if supervisor.autoloads]
        for critical in (True, False):
            async with anyio.create_task_group() as tasks:
                for supervisor in wanted:
                    if supervisor.package.manifest.critical is critical:
                        tasks.start_soon(load_one, supervisor)
        return failed

    async def stop_all(self) -> None:
        """Stop every plugin, all at once; what was wanted of each stays as it was."""
        async with anyio.create_task_group() as stops:
            for supervisor in self._supervisors.values():
                stops.start_soon(supervisor.close)
        self._supervisors = {}

    def hasten(self) -> None:
        """Cut short what each plugin's end is waiting for."""
        for supervisor in self._supervisors.values():
            if supervisor.condition.session is not None:
                supervisor.condition.session.hasten()

    async def _load(self, plugin: str, above: tuple[str, ...], *, wake: bool) -> None:
        """Load a plugin after those that it needs; without `wake`, not those that were stopped on purpose."""
        supervisor = self.get(plugin)
        for needed, versions in supervisor.package.manifest.plugin_dependencies.items():
            try:
                self._check_need(plugin, needed, versions, above, wake)
                await self._load(needed, (*above, plugin), wake=wake)
            except (LoadFailed, Disabled, Quarantined) as exc:
                supervisor.refuse(exc.message)
                raise
        await supervisor.start()

    def _check_need(
        self, plugin: str, needed: str, versions: str, above: tuple[str, ...], wake: bool
    ) -> None:
        if needed in (*above, plugin):
            cycle = " -> ".join((*above, plugin, needed))
            raise LoadRefused(f"plugins depend on each other in a circle: {cycle}", plugin=plugin)
        other = self._supervisors.get(needed)
        if other is None:
            raise LoadRefused(
                f"plugin {plugin!r} needs plugin {needed!r}, which is not here",
                remedy=f"install {needed}",
                plugin=plugin,
                missing=needed,
            )
        there = other.package.manifest.version
        if versions and not SpecifierSet(versions).contains(there, prereleases=True):
            message = f"plugin {plugin!r} needs {needed} {versions}, here is {there}"
            raise LoadRefused(message, remedy=f"install another {needed}", plugin=plugin)
        if not (wake or other.autoloads or other.running):
            message = f"plugin {plugin!r} needs plugin {needed!r}, which was stopped or disabled on purpose"
            raise LoadRefused(message, remedy=f"load {needed}", plugin=plugin)
