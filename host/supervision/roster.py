"""Roster: all plugins of one host, those with a broken manifest included.

Finds them, knows which needs which, loads and stops them together. A plugin's own life is its supervisor's.
"""

import logging
import math
import random
import re
from collections import Counter
from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import get_args

import anyio
import anyio.to_thread
from anyio.lowlevel import checkpoint

from host.choices import check_word
from host.errors import (
    Busy,
    Disabled,
    HasDependants,
    LoadFailed,
    ManifestError,
    PlughostError,
    PluginNotFound,
    Quarantined,
)
from host.facade import PluginView
from host.ids import PluginId, SessionId
from host.manifest import Package, discover
from host.supervision.dependants import Dependants, dependants_of
from host.supervision.descriptors import check_descriptors
from host.supervision.environment import Environment
from host.supervision.holding import check_rests
from host.supervision.known import known_of
from host.supervision.near_names import NearNames
from host.supervision.needs import check_need
from host.supervision.restart import RestartPolicy
from host.supervision.session import Session
from host.supervision.slips import tell_slips
from host.supervision.states import State
from host.supervision.stop_turns import MAX_PARALLEL_STOPS, stop_in_turns
from host.supervision.supervisor import Supervisor
from host.supervision.view import broken_view
from protocol.manifest import ID_PATTERN, Limits, Manifest

logger = logging.getLogger(__name__)

STARTS_A_TURN = 16
"""Loads that are begun in one turn of the event loop, which serves plugins that run already."""


class Roster:
    """All plugins, by id. Empty until `discover`."""

    def __init__(self, places: Iterable[Path], limits: Limits) -> None:
        self._places = tuple(places)
        self._limits = limits
        self._supervisors: dict[str, Supervisor] = {}
        self._near = NearNames()
        self._stop_turns: anyio.CapacityLimiter | None = None
        self._chance = random.Random()
        self._broken: tuple[tuple[Path, ManifestError], ...] = ()
        self._held_out: set[str] = set()
        """Plugins that are being forgotten: nobody finds them."""

    def get(self, plugin: str) -> Supervisor:
        """Return a plugin's supervisor.

        Raises:
            PluginNotFound: There is none with this id.
            ManifestError: There is a folder of this name, whose manifest can't be used.
            Busy: It is being forgotten.
        """
        supervisor = self._supervisors.get(plugin)
        if supervisor is not None:
            return supervisor
        if plugin in self._held_out:
            raise Busy(f"plugin {plugin!r} is being forgotten", remedy="ask again later", plugin=plugin)
        for folder, error in self._broken:
            if folder.name == plugin:
                raise ManifestError(str(folder), error.faults)
        raise PluginNotFound(plugin, self._near.propose(plugin, self._supervisors))

    def live(self, plugin: str) -> Session:
        """Return a running plugin's session; see `LiveSessions`."""
        supervisor = self._supervisors.get(plugin)
        session = None if supervisor is None else supervisor.condition.taking_calls
        return self.get(plugin).live() if session is None else session

    def session(self, plugin: str) -> Session | None:
        """Return a plugin's session, whatever its state; None if it has none."""
        supervisor = self._supervisors.get(plugin)
        return None if supervisor is None else supervisor.condition.session

    def run(self, plugin: str, session: SessionId) -> Session | None:
        """Return one run of a plugin; see `LiveSessions`."""
        supervisor = self._supervisors.get(plugin)
        return None if supervisor is None else supervisor.condition.run(session)

    def is_enabled(self, plugin: str) -> bool:
        """Return whether a plugin is here and not disabled; see `LiveSessions`."""
        supervisor = self._supervisors.get(plugin)
        return supervisor is not None and supervisor.enabled

    def ids(self) -> tuple[str, ...]:
        """Return the id of every plugin that has a valid manifest."""
        return tuple(self._supervisors)

    def package(self, plugin: str) -> Package:
        """Return a plugin's package; see `get` for what it raises."""
        return self.get(plugin).package

    def taking_calls(self, plugin: str) -> Session | None:
        """Return the session that takes calls, if there is one."""
        supervisor = self._supervisors.get(plugin)
        return None if supervisor is None else supervisor.condition.taking_calls

    async def unload(self, plugin: str, dependants: Dependants) -> None:
        """Stop a plugin; see `PluginHost.unload`."""
        check_word("dependants", dependants, get_args(Dependants))
        supervisor = self.get(plugin)
        # Of one that rests, or is on its way to it, nobody asks again.
        asks = supervisor.running and supervisor.condition.state is not State.UNLOADING
        needing = dependants_of(plugin, self._supervisors.values()) if asks and dependants != "keep" else ()
        if needing and dependants == "ask":
            raise HasDependants(plugin, needing)
        for other in needing:
            await self.get(other).stop()
        await supervisor.stop()

    def folder(self, plugin: str) -> Path | None:
        """Return where a plugin's package is; None if it is not here."""
        supervisor = self._supervisors.get(plugin)
        return None if supervisor is None else supervisor.package.folder

    def without_program(self) -> list[Manifest]:
        """Return the manifests of active plugins that have no program and only contribute."""
        active = (one for one in self._supervisors.values() if one.condition.state is State.ACTIVE)
        return [one.package.manifest for one in active if not one.package.manifest.has_program]

    def returns(self, plugin: str) -> bool:
        """Return whether a plugin runs, or is started again by itself once it ended."""
        supervisor = self._supervisors.get(plugin)
        return supervisor is not None and supervisor.running

    def live_count(self) -> int:
        """Return how many plugins run."""
        return sum(supervisor.condition.taking_calls is not None for supervisor in self._supervisors.values())

    def broken(self) -> tuple[PluginView, ...]:
        """Return the folders whose manifests can't be used."""
        return tuple(broken_view(folder, error) for folder, error in self._broken)

    def states(self) -> Counter[str]:
        """Return how many plugins are in each state, those with a broken manifest among them."""
        counts = Counter(one.condition.state.value for one in self._supervisors.values())
        return counts + Counter({State.ERROR.value: len(self._broken)})

    def views(self) -> tuple[PluginView, ...]:
        """Return every plugin as it is now, by id, those with a broken manifest last."""
        views = [supervisor.view() for _, supervisor in sorted(self._supervisors.items())]
        return (*views, *(broken_view(folder, error) for folder, error in self._broken))

    def look_in(self, places: Iterable[Path]) -> None:
        """Have `discover` look in other folders from now on."""
        self._places = tuple(places)

    async def discover(self, environment: Environment) -> None:
        """Look for plugins. New ones appear; of those that do not run, changed ones are read anew."""
        found = await anyio.to_thread.run_sync(discover, self._places, self._limits)
        self._broken = found.broken
        for folder, error in found.broken:
            logger.error("%s", error, extra={"fields": {"folder": str(folder)}})
        packages = {
            package.manifest.id: package
            for package in found.packages
            if package.manifest.id not in self._held_out
        }
        for plugin, supervisor in [*self._supervisors.items()]:
            package = packages.pop(plugin, None)
            if supervisor.running:
                continue
            if package is None:
                del self._supervisors[plugin]
            elif package != supervisor.package:
                packages[plugin] = package
        tell_slips(packages.values(), environment.shared.gateway)
        for package in packages.values():
            self._take_in(package, environment)
        self.announce(environment)

    def announce(self, environment: Environment) -> None:
        """Tell the registries what manifests declare that counts before their plugins run."""
        environment.shared.registries.announce(known_of(self._supervisors.values()))

    @asynccontextmanager
    async def held_out(
        self, plugin: str, environment: Environment, *, keep_package: bool
    ) -> AsyncGenerator[bool]:
        """Keep a plugin from being found while what is kept of it is removed; yields whether it was here.

        Afterwards it is as if it had just been discovered. Raises Busy, and PluginNotFound for what is no id.
        """
        if not re.fullmatch(ID_PATTERN, plugin):
            raise PluginNotFound(plugin, self._near.propose(plugin, self._supervisors))
        supervisor = self._supervisors.get(plugin)
        if supervisor is not None and not supervisor.running and not keep_package:
            await self.discover(environment)  # its folder may be gone by now
            supervisor = self._supervisors.get(plugin)
        if plugin in self._held_out:
            raise Busy(f"plugin {plugin!r} is being forgotten already", plugin=plugin)
        if supervisor is not None:
            check_rests(supervisor, keep_package=keep_package)
            supervisor.shut()
            del self._supervisors[plugin]
        self._held_out.add(plugin)
        try:
            yield supervisor is not None
        finally:
            held, self._held_out = self._held_out, self._held_out - {plugin}
            if supervisor is not None and plugin in held:
                self._take_in(supervisor.package, environment)
            self.announce(environment)

    def _take_in(self, package: Package, environment: Environment) -> None:
        policy = RestartPolicy(environment.shared.clock, self._chance)
        self._supervisors[package.manifest.id] = Supervisor(package, environment, policy)

    async def load(self, plugin: str) -> None:
        """Load a plugin, and before it those that it depends on; see `PluginHost.load`."""
        if not self.get(plugin).running:
            check_descriptors(1)
        await self._load(plugin, (), set(), wake=True)

    async def load_all(self) -> dict[PluginId, PlughostError]:
        """Load all that is enabled and not stopped on purpose, critical ones first; return what failed.

        Raises:
            TooFewDescriptors: Not all would fit; none is loaded.
        """
        failed: dict[PluginId, PlughostError] = {}
        loaded: set[str] = set()

        async def load_one(supervisor: Supervisor) -> None:
            try:
                await self._load(supervisor.id, (), loaded, wake=False)
            except PlughostError as exc:
                failed[supervisor.id] = exc
                # A start that failed has said so already, with its state.
                if not isinstance(exc, LoadFailed) or supervisor.condition.state is State.DISCOVERED:
                    logger.error("%s", exc)

        wanted = [supervisor for supervisor in self._supervisors.values() if supervisor.autoloads]
        check_descriptors(sum(not supervisor.running for supervisor in wanted))
        for critical in (True, False):
            async with anyio.create_task_group() as tasks:
                of_these = [one for one in wanted if one.package.manifest.critical is critical]
                for number, supervisor in enumerate(of_these, 1):
                    tasks.start_soon(load_one, supervisor)
                    if number % STARTS_A_TURN == 0:
                        await checkpoint()
        return failed

    async def stop_all(self) -> None:
        """Stop every plugin; what was wanted of each stays as it was.

        A bounded number at a time, so that each has the processor that its grace needs.
        """
        self._stop_turns = anyio.CapacityLimiter(MAX_PARALLEL_STOPS)
        await stop_in_turns([*self._supervisors.values()], self._stop_turns)
        self._supervisors, self._held_out = {}, set()

    def hasten(self) -> None:
        """Cut short what each plugin's end is waiting for, its turn included."""
        if self._stop_turns is not None:
            self._stop_turns.total_tokens = math.inf
        for supervisor in self._supervisors.values():
            supervisor.condition.hasten()

    async def _load(self, plugin: str, above: tuple[str, ...], loaded: set[str], *, wake: bool) -> None:
        """Load a plugin after those that it needs; without `wake`, not those that were stopped on purpose.

        `loaded` are those that need not be looked at again: many plugins may need the same ones.
        """
        supervisor = self.get(plugin)
        manifest = supervisor.package.manifest
        for needed in manifest.plugin_dependencies:
            try:
                check_need(manifest, needed, self._supervisors.get(needed), above, wake=wake)
                if needed not in loaded:
                    await self._load(needed, (*above, plugin), loaded, wake=wake)
            except (LoadFailed, Disabled, Quarantined) as exc:
                supervisor.refuse(exc.message)
                raise
        await supervisor.start()
        loaded.add(plugin)
