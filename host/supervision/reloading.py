"""Reloading: brings a plugin's package, as it is on the disk now, into service, whatever the plugin does.

Called by the assembly. How one run takes over from another is the relay's.
"""

from host.supervision.descriptors import check_descriptors
from host.supervision.environment import Environment
from host.supervision.needs import check_need
from host.supervision.roster import Roster
from host.supervision.states import State, is_live
from host.supervision.versions import read_successor
from protocol.manifest import Limits


async def reload(roster: Roster, plugin: str, environment: Environment, limits: Limits) -> None:
    """Let a new run take over, or load a plugin that takes no calls; see `PluginHost.reload`.

    `limits` hold where the manifest asks for none. A delay before a restart ends.
    """
    supervisor = roster.get(plugin)
    if is_live(supervisor.condition.state):
        check_descriptors(1)
        package = await read_successor(supervisor.package, limits)
        for needed in package.manifest.plugin_dependencies:
            other = roster.get(needed) if needed in roster.ids() else None
            check_need(package.manifest, needed, other, (), wake=True)
            await roster.load(needed)
        await supervisor.reload(package)
        roster.announce(environment)
        return
    if supervisor.condition.state is State.BACKOFF:
        supervisor.end()
        await supervisor.rested()
    await roster.discover(environment)
    await roster.load(plugin)
