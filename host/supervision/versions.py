"""Versions: the package of one plugin that is in force, what it may do, and another one that may take over.

Most reloads bring the same manifest, and with it the same permits. Another manifest has permits of its own,
and may have to wait for the operator's consent, while the plugin goes on with what it was granted.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from host.errors import HandoverFailed, LoadRefused
from host.manifest import Package, read_package
from host.manifest.bytecode import drop_stale_bytecode
from host.supervision.environment import Environment
from host.supervision.permits import Permits, refusal_of
from host.supervision.registries import shown_faults
from host.supervision.spawner import Spawner
from host.supervision.standing import Standing
from protocol.manifest import Limits
from protocol.permissions import Permission


@dataclass(frozen=True, slots=True)
class Version:
    """One package, and what its runs may do."""

    package: Package
    permits: Permits
    spawner: Spawner


class Versions:
    """Of one plugin."""

    def __init__(self, package: Package, standing: Standing, environment: Environment) -> None:
        self._standing = standing
        self._env = environment
        self.now = self._version(package)
        """What is in force."""
        self._former = self._asking = self.now

    @property
    def waiting(self) -> tuple[Permission, ...]:
        """What waits for consent, also what a version asks for that was to take over."""
        asked = (*self.now.permits.grants.waiting, *self._asking.permits.grants.waiting)
        return tuple(dict.fromkeys(asked))

    def change(self, change: Callable[[Permits], None]) -> None:
        """Change what each version may do of which something runs, or is to."""
        for permits in {one.permits for one in (self.now, self._former, self._asking)}:
            change(permits)

    def refusal(self) -> tuple[str, LoadRefused] | None:
        """Return why what is in force can't be started here, as a reason and as an error."""
        return refusal_of(self.now.package, self._env, self.now.permits)

    def successor(self, package: Package) -> Version:
        """Return a package as what may take over.

        Raises:
            ConsentRequired: It asks for more, and nobody has answered.
            LoadRefused: It can't be started here, and why.
        """
        manifest, now = package.manifest, self.now
        if manifest.has_program is not now.package.manifest.has_program:
            raise HandoverFailed(
                f"plugin {manifest.id!r} was not reloaded: one version has a program, the other has none",
                remedy="unload it, look for plugins again, and load it",
                plugin=manifest.id,
            )
        if manifest == now.package.manifest:
            new = Version(package, now.permits, Spawner(package, now.permits.grants, self._env))
        else:
            new = self._version(package)
        self._asking = new
        if refusal := refusal_of(package, self._env, new.permits):
            raise refusal[1]
        if not manifest.has_program and (faults := [*self._env.contributions.standing_faults(manifest)]):
            raise HandoverFailed(
                f"plugin {manifest.id!r} was not reloaded: {shown_faults(faults)}", plugin=manifest.id
            )
        return new

    def bring(self, new: Version) -> None:
        """Let a version count, in the turn of the loop in which its run takes over; the caller keeps it."""
        self._former, self.now, self._asking = self.now, new, new
        new.permits.started()

    def _version(self, package: Package) -> Version:
        permits = Permits(
            package.manifest,
            self._env.policy,
            self._standing,
            consent_to_widening=self._env.consent_to_widening,
        )
        return Version(package, permits, Spawner(package, permits.grants, self._env))


def _read(folder: Path, limits: Limits) -> Package:
    package = read_package(folder, limits)
    drop_stale_bytecode(package.folder)
    return package


async def read_successor(now: Package, limits: Limits) -> Package:
    """Read a plugin's package as it is on the disk now; `limits` hold where it asks for none.

    Raises:
        ManifestError: It can't be used.
        HandoverFailed: It is another plugin's.
    """
    plugin = now.manifest.id
    package = await anyio.to_thread.run_sync(_read, now.folder, limits)
    new = package.manifest.id
    if new != plugin:
        raise HandoverFailed(
            f"plugin {plugin!r} was not reloaded: the id in {package.file.name} is now {new!r}",
            remedy="another id is another plugin: unload this one, and look for plugins again",
            plugin=plugin,
        )
    return package
