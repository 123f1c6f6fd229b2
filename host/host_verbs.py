"""Host verbs: what an embedding program has a host do with its plugins. `PluginHost` inherits them."""

from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

from host.errors import PlughostError
from host.facade.pages import ReloadPage
from host.host_parts import HostParts
from host.ids import PluginId
from host.supervision.dependants import Dependants
from host.supervision.supervisor import Supervisor


class HostVerbs(HostParts):
    """The verbs of one host; all raise HostClosed while it does not run."""

    async def load(self, plugin: str) -> None:
        """Bring a plugin, and before it the plugins that it depends on, to `active`.

        Raises:
            PluginNotFound: There is none with this id.
            Disabled, Quarantined, Busy: It may not start now.
            LoadFailed, LoadRefused: It did not become active; only the first is tried again by itself.
        """
        await self._parts.running().roster.load(plugin)

    async def unload(self, plugin: str, *, dependants: Dependants = "ask") -> None:
        """Stop a plugin and keep it stopped, after those that need it (`"unload"`) or before (`"keep"`).

        Raises HasDependants where nothing was said of these. A second call while it stops hastens it.
        """
        await self._parts.running().roster.unload(plugin, dependants)

    async def restart(self, plugin: str) -> None:
        """Stop a plugin and load it anew."""
        await self._supervisor(plugin).restart()

    async def reload(self, plugin: str) -> None:
        """Bring a plugin's package, as it is on the disk now, into service without a gap.

        A new run starts beside the one that serves. Once it is loaded and healthy, all moves over in one
        moment: calls, events, hooks, schedules, and whatever else it offers. The former run ends what it
        had begun, for 30 s at most, and goes. A plugin that does not run is loaded.

        Raises:
            HandoverFailed: The new run failed; the one that serves was not touched.
            ConsentRequired: The new version asks for more than was granted.
            ManifestError, LoadRefused: The package can't be used.
            PluginNotFound, Disabled, Quarantined, Busy, NotActive: It can't be reloaded now.
        """
        await self._parts.running().reload(plugin)

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
        """Load all that is enabled and not stopped on purpose, critical ones first; return what failed.

        Raises TooFewDescriptors where not all would fit; none is loaded then.
        """
        return await self._parts.running().roster.load_all()

    async def rescan(self, plugins: Iterable[str | Path] | None = None) -> ReloadPage:
        """Look for plugins again, in other folders if `plugins` names them.

        New ones appear, and changed ones that do not run are read anew.
        """
        return await self._parts.rescan(None if plugins is None else tuple(map(Path, plugins)))

    def reload_by(self, reload: Callable[[], Awaitable[ReloadPage]]) -> None:
        """Have `reload` called where a front end asks for the settings to be read again; else it rescans."""
        self._parts.reload_by(reload)

    def _supervisor(self, plugin: str) -> Supervisor:
        return self._parts.running().roster.get(plugin)
