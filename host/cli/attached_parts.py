"""Attached parts: configuration and storage of a running host, in the shape that commands use at rest.

A command is written once, for a data folder that nobody holds; where a host runs it is given one of these.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from host.base_error import Fault
from host.errors import ContributionNotFound
from host.facade.config_pages import ConfigCheck, ConfigPage, ConfigRevision, ConfigSaved, ConfigValue
from host.facade.facade import Facade
from host.facade.pages import StoragePage
from host.services.configuration_schema import Schema
from host.services.storage_view import KeptKey


@dataclass(frozen=True, slots=True)
class AttachedConfiguration:
    """One plugin's configuration in a running host."""

    facade: Facade
    page: ConfigPage

    @classmethod
    async def of(cls, facade: Facade, plugin: str) -> "AttachedConfiguration":
        """Return it as it is now. Raises PluginNotFound."""
        return cls(facade, await facade.config(plugin))

    def schema(self, _plugin: str) -> Schema:
        """Return the schema."""
        return Schema(self.page.schema)

    def get(self, _plugin: str) -> dict[str, Any]:
        """Return the values, secrets masked."""
        return self.page.values

    def explain(self, _plugin: str) -> tuple[ConfigValue, ...]:
        """Return every value with its origin."""
        return self.page.explained

    def revision(self, _plugin: str) -> int:
        """Return the number of the last change when it was read."""
        return self.page.revision

    async def preview(
        self, plugin: str, changes: Mapping[str, Any], unset: Sequence[str] = ()
    ) -> ConfigCheck:
        """Tell what a change would do."""
        return await self.facade.config_check(plugin, dict(changes), tuple(unset))

    async def change(
        self,
        plugin: str,
        changes: Mapping[str, Any],
        unset: Sequence[str] = (),
        *,
        by: str,
        expected_revision: int | None = None,
    ) -> ConfigSaved:
        """Change some values and unset others, in one revision; the host knows who it is."""
        del by
        return await self.facade.config_set(plugin, dict(changes), tuple(unset), expected_revision)

    async def validate(self, plugin: str, changes: Mapping[str, Any]) -> tuple[Fault, ...]:
        """Return everything that is wrong with a change."""
        check = await self.facade.config_check(plugin, dict(changes))
        return tuple(_fault(one.key, one.message) for one in check.faults)

    async def set(self, plugin: str, changes: Mapping[str, Any], *, by: str) -> ConfigSaved:
        """Change some values; the host knows who it is."""
        del by
        return await self.facade.config_set(plugin, dict(changes))

    async def unset(self, plugin: str, *keys: str, by: str) -> ConfigSaved:
        """Let lower layers give values again."""
        del by
        return await self.facade.config_set(plugin, {}, keys)

    async def undo(self, plugin: str, *, by: str) -> ConfigSaved:
        """Take the last change back."""
        del by
        return await self.facade.config_undo(plugin)

    async def restore(self, plugin: str, revision: int, *, by: str) -> ConfigSaved:
        """Go back to a revision."""
        del by
        return await self.facade.config_restore(plugin, revision)

    async def history(self, plugin: str) -> tuple[ConfigRevision, ...]:
        """Return the latest changes."""
        return await self.facade.config_history(plugin)


@dataclass(frozen=True, slots=True)
class AttachedStorage:
    """What plugins keep in a running host."""

    facade: Facade

    async def usage_all(self) -> dict[str, StoragePage]:
        """Tell how much everybody keeps."""
        return {page.plugin: page for page in await self.facade.storage()}

    async def keys(self, plugin: str, prefix: str = "", *, after: str = "") -> tuple[KeptKey, ...]:
        """List a plugin's keys in order, behind `after`."""
        found = await self.facade.storage_keys(plugin, prefix, after, 1_000)
        return tuple(KeptKey(one.key, one.bytes, one.version, one.expires_s) for one in found)

    async def get(self, plugin: str, key: str, default: Any = None) -> Any:
        """Return a value."""
        try:
            return await self.facade.storage_get(plugin, key)
        except ContributionNotFound:
            return default


def _fault(key: str, message: str) -> Fault:
    found, _, allowed = message.removeprefix("found ").rpartition("; ")
    return Fault("configuration", key, found, allowed.removeprefix("allowed: "))
