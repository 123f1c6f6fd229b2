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
        self._sessions: dict[str, Joining | None] = {}

    def owner(self, name: str, other_than: str) -> PluginId | None:
        """Return the plugin that has a name, if that is another one."""
        owner = self._owners.get(name)
        if owner is None or owner == other_than:
            return None
        if self._sessions[name] is None and not self._returns(owner):
            self._forget(name)
            return None
        return owner

    def take(self, names: Iterable[str], session: Joining) -> None:
        """Give names to a session; whoever calls has asked for their owners in the same turn."""
        for name in names:
            self._owners[name] = session.plugin
            self._sessions[name] = session

    def release(self, name: str) -> None:
        """Give a name up for good."""
        self._forget(name)

    def leave(self, session: Joining) -> None:
        """Take note that a session ended."""
        for name, holder in list(self._sessions.items()):
            if holder is session:
                self._sessions[name] = None
            elif holder is None and not self._returns(self._owners[name]):
                self._forget(name)

    def absent(self, name: str) -> PluginId | None:
        """Return the plugin that has a name and is not here just now."""
        owner = self._owners.get(name)
        if owner is None or self._sessions[name] is not None or not self._returns(owner):
            return None
        return owner

    def _forget(self, name: str) -> None:
        self._owners.pop(name, None)
        self._sessions.pop(name, None)
