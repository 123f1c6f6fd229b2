"""The operator's and the embedding program's say about permissions. `PluginHost.permissions` is one."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from host.permissions.policy import PermissionUse
from host.supervision.supervisor import Supervisor
from protocol.methods import METHODS

_ACTIONS: Final = {
    "get": "read",
    "entry": "read",
    "keys": "read",
    "items": "read",
    "usage": "read",
    "delete": "delete",
}
"""What functions of the storage do that do not write."""


@dataclass(frozen=True, slots=True)
class PermissionsView:
    """What one plugin asks for and has; canonical texts."""

    plugin: str
    asked: tuple[str, ...]
    granted: tuple[str, ...]
    refused: tuple[str, ...]
    waiting: tuple[str, ...]
    """For the operator's consent: the difference to what was granted before."""


class Permissions:
    """All plugins' permissions. Changes are kept over restarts of the host, and count at once."""

    def __init__(self, supervisor: Callable[[str], Supervisor], demand: Callable[[str, str], None]) -> None:
        """`supervisor(plugin)` raises PluginNotFound; `demand` is the gateway's."""
        self._supervisor = supervisor
        self._demand = demand

    def demand(self, name: str, permission: str) -> None:
        """Let plugins need a permission for what is free: `demand("storage", "storage:use")`.

        `name` is a function such as `storage.set`, or a namespace; said before plugins are loaded. Where it
        is `storage:use`, each function of the storage needs its part of it: `storage:read`, `write` or
        `delete`.

        Raises:
            InvalidParams, MethodNotFound: It is no permission, or there is nothing of this name.
        """
        parts = _parts_of_storage(name) if permission in ("storage", "storage:use") else {}
        for function, needed in parts.items():
            self._demand(function, needed)
        if not parts:
            self._demand(name, permission)

    def of(self, plugin: str) -> PermissionsView:
        """Return what a plugin asks for and has."""
        supervisor = self._supervisor(plugin)
        grants = supervisor.grants
        return PermissionsView(
            plugin,
            tuple(map(str, supervisor.package.manifest.permissions)),
            grants.texts(),
            tuple(map(str, grants.refused)),
            tuple(map(str, supervisor.waiting)),
        )

    def usage(self, plugin: str) -> tuple[PermissionUse, ...]:
        """Return how often each permission was used and missed since the plugin was discovered."""
        return self._supervisor(plugin).grants.usage()

    async def consent(self, plugin: str) -> None:
        """Grant everything that a plugin waits for; load it afterwards."""
        await self._supervisor(plugin).permit(lambda permits: permits.consent())

    async def decline(self, plugin: str) -> None:
        """Refuse everything that a plugin waits for; it may be loaded without."""
        await self._supervisor(plugin).permit(lambda permits: permits.decline())

    async def grant(self, plugin: str, permission: str) -> None:
        """Grant one permission, whatever manifest and policy say."""
        await self._supervisor(plugin).permit(lambda permits: permits.allow(permission))

    async def revoke(self, plugin: str, permission: str) -> None:
        """Refuse one permission, whatever they say; the next call that needs it is denied."""
        await self._supervisor(plugin).permit(lambda permits: permits.revoke(permission))


def _parts_of_storage(name: str) -> dict[str, str]:
    """Return what each function of the storage needs under a name; none if it is not of the storage."""
    functions = [one for one in METHODS if one.startswith("storage.") and name in ("storage", one)]
    return {one: f"storage:{_ACTIONS.get(one.partition('.')[2], 'write')}" for one in functions}
