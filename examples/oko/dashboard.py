"""Dashboard: the service: its plugins, what they may ask of it, what they can do, and their sections."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from examples.oko.history import History
from host import ContributionNotFound, PlughostError, PluginHost, PluginView
from host.manifest import read_package
from protocol.manifest import Manifest

PLUGINS = Path(__file__).parent / "plugins"

STATES = {"unresponsive": "active", "unloading": "active", "backoff": "error", "quarantined": "error"}
"""The dashboard knows five states; finer ones of the host are shown as these."""


@dataclass(frozen=True, slots=True)
class Section:
    """What a plugin shows in a slot of the page."""

    plugin: str
    slot: str
    title: str
    data: Mapping[str, Any]


def state_of(view: PluginView) -> str:
    return STATES.get(view.state, view.state)


class Dashboard:
    """Use it as `async with Dashboard(folder) as dashboard:`."""

    def __init__(
        self,
        folder: Path,
        plugins: Sequence[Path] = (PLUGINS,),
        *,
        autoload: bool = False,
        show: Callable[[str], None] = lambda line: None,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.history = History(folder / "oko.db")
        self._show = show
        self.host = host = PluginHost(plugins, data=folder / "host", autoload=autoload)
        host.api("dashboard.operations", permission="dashboard:read")(self.operations)
        host.on("plughost.plugin.*")(self.take_change)

    async def __aenter__(self) -> Self:
        await self.host.__aenter__()
        return self

    async def __aexit__(self, *error: Any) -> None:
        await self.host.aclose()
        self.history.close()

    def manifest(self, plugin: str) -> Manifest:
        """Return what a plugin says about itself. Raises PluginNotFound, or ManifestError."""
        return read_package(Path(self.host.plugin(plugin).folder)).manifest

    async def execute(self, capability: str, params: dict[str, Any]) -> Any:
        """Do what a capability says: `exec.<plugin>.<command>`, which the plugin has to declare.

        Raises:
            ContributionNotFound: No plugin declares it.
        """
        for view in self.host.plugins():
            if not view.faults and capability in self.manifest(view.id).capabilities:
                return await self.host.command(capability.rpartition(".")[2], params, plugin=view.id)
        raise ContributionNotFound("capability", capability)

    async def sections(self, plugin: str | None = None) -> list[Section]:
        """Return what is to be seen of all plugins, or of one, slot by slot; a front end draws it."""
        found: list[Section] = []
        for one in self.host.ui.contributions("section", plugin=plugin):
            try:
                data = await self.host.ui.data(one)
            except PlughostError as error:  # the others are shown all the same
                data = {"error": error.message}
            found.append(Section(one.plugin, one.slot, one.title, data))
        return sorted(found, key=lambda section: (section.slot, section.plugin))

    async def operations(self, limit: int = 10) -> list[tuple[str, str, str]]:
        """Return what was done to plugins last: operation, plugin and outcome, the latest first."""
        return self.history.operations(max(1, min(limit, 100)))

    async def take_change(self, change: dict[str, Any]) -> None:
        plugin, old, new, reason = (change[key] for key in ("plugin", "old", "new", "reason"))
        self.history.add_change(plugin, old, new, reason)
        self._show(f"{plugin}: {old} -> {new} {reason}".rstrip())
