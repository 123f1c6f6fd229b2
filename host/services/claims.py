"""Claims: which plugin has a name that only one plugin of a host may have, such as that of a command.

A claim outlasts the session that made it for as long as its plugin is about to come back, so that nobody
takes over what a crashed plugin offers while it is being restarted.
"""

from collections.abc import Callable, Iterable

from host.facade import Joining
from host.ids import PluginId


class Claims:
    """Names of one kind, and whose they are."""

    def __init__(self, returns: Callable[[str], bool]) -> None:
        """`returns` tells of a plugin without a session whether the host is about to start it again."""
        self._returns = returns
        self._owners: dict[str, PluginId] = {}
        self._holders: dict[str, list[Joining]] = {}
        """The runs that have a name: two where a new one is about to take over, none while it is away."""

    def owner(self, name: str, other_than: str) -> PluginId | None:
        """Return the plugin that has a name, if that is another one."""
        owner = self._owners.get(name)
        if owner is None or owner == other_than:
            return None
        if not self._holders[name] and not self._returns(owner):
            self._forget(name)
            return None
        return owner

    def take(self, names: Iterable[str], session: Joining) -> None:
        """Give names to a session; whoever calls has asked for their owners in the same turn."""
        for name in names:
            if self._owners.get(name) != session.plugin:
                self._owners[name] = session.plugin
                self._holders[name] = []
            if session not in self._holders[name]:
                self._holders[name].append(session)

    def release(self, name: str, session: Joining) -> None:
        """Give a name up for good, unless another run of the plugin has it."""
        holders = self._holders.get(name)
        if holders is None or session not in holders:
            return
        holders.remove(session)
        if not holders:
            self._forget(name)

    def leave(self, session: Joining) -> None:
        """Take note that a session ended."""
        for name, holders in list(self._holders.items()):
            if session in holders:
                holders.remove(session)
            elif not holders and not self._returns(self._owners[name]):
                self._forget(name)

    def withdraw(self, session: Joining) -> None:
        """Give up for good what no other run of the plugin has: it never was in force, or is no more."""
        for name in [name for name, holders in self._holders.items() if session in holders]:
            self.release(name, session)

    def succeed(self, session: Joining, predecessor: Joining) -> None:
        """Give up what the predecessor of a run had and the run does not."""
        self.withdraw(predecessor)
        self.settle(session.plugin)

    def settle(self, plugin: PluginId) -> None:
        """Give up what a plugin had in an earlier run and does not offer any more."""
        for name, owner in list(self._owners.items()):
            if owner == plugin and not self._holders[name]:
                self._forget(name)

    def absent(self, name: str) -> PluginId | None:
        """Return the plugin that has a name and is not here just now."""
        owner = self._owners.get(name)
        if owner is None or self._holders[name] or not self._returns(owner):
            return None
        return owner

    def _forget(self, name: str) -> None:
        self._owners.pop(name, None)
        self._holders.pop(name, None)
