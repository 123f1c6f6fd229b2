"""Service verbs: what a front end does to what plugins keep, may, offer and ask. See `HostFacade`."""

from typing import Any, Final, Literal

from host.facade.config_pages import ConfigSaved
from host.facade.pages import PermissionsPage
from host.operations.audited import audited
from host.operations.service_answers import ServiceAnswers, differences
from host.services.permissions import Permissions
from host.services.storage_view import StorageView

_Applied = Literal["live", "restarted", "at next start", "nothing changed"]
_APPLIED: Final[dict[str, _Applied]] = {
    "live": "live",
    "restart": "restarted",
    "next_start": "at next start",
    "unchanged": "nothing changed",
}


class ServiceVerbs(ServiceAnswers):
    """What services are told."""

    def tell_audit(self, name: str, told: dict[str, Any], outcome: str) -> None:
        """Keep that a verb was asked for, and what came of it."""
        self._happenings.audited(self._by, name, told, outcome)

    # Configuration.

    @audited
    async def config_set(
        self,
        plugin: str,
        changes: dict[str, Any],
        unset: tuple[str, ...] = (),
        revision: int | None = None,
    ) -> ConfigSaved:
        """Change values and unset others."""
        configuration = self._parts.configuration
        found = configuration.preview(plugin, changes, unset).differences
        answer = await configuration.change(plugin, changes, unset, by=self._by, expected_revision=revision)
        return ConfigSaved(
            revision=answer.revision, changes=differences(found), applied=_APPLIED[answer.applied]
        )

    @audited
    async def config_undo(self, plugin: str, revision: int | None = None) -> ConfigSaved:
        """Take the last change back."""
        answer = await self._parts.configuration.undo(plugin, by=self._by, expected_revision=revision)
        return await self._saved(plugin, answer.revision, answer.applied)

    @audited
    async def config_restore(self, plugin: str, revision: int) -> ConfigSaved:
        """Go back to what was set at a revision."""
        answer = await self._parts.configuration.restore(plugin, revision, by=self._by)
        return await self._saved(plugin, answer.revision, answer.applied)

    async def _saved(self, plugin: str, revision: int, applied: str) -> ConfigSaved:
        history = await self._parts.configuration.history(plugin, 1)
        changes = history[0].changes if history and applied != "unchanged" else ()
        return ConfigSaved(revision=revision, changes=differences(changes), applied=_APPLIED[applied])

    # Storage.

    @audited
    async def storage_set(self, plugin: str, key: str, value: Any, ttl_s: float | None = None) -> None:
        """Keep a value for a plugin."""
        self._known(plugin)
        await StorageView(self._parts.storage).set(plugin, key, value, ttl_s=ttl_s)

    @audited
    async def storage_delete(self, plugin: str, key: str) -> bool:
        """Delete a key."""
        return await StorageView(self._parts.storage).delete(plugin, key)

    @audited
    async def storage_wipe(self, plugin: str) -> int:
        """Delete all that a plugin keeps."""
        return await StorageView(self._parts.storage).wipe(plugin)

    # Permissions.

    @audited
    async def permission_grant(self, plugin: str, permission: str) -> PermissionsPage:
        """Grant a permission."""
        await self._permits().grant(plugin, permission)
        return await self.permissions(plugin)

    @audited
    async def permission_revoke(self, plugin: str, permission: str) -> PermissionsPage:
        """Take a permission away."""
        await self._permits().revoke(plugin, permission)
        return await self.permissions(plugin)

    @audited
    async def permission_consent(self, plugin: str) -> PermissionsPage:
        """Agree to what waits for consent."""
        await self._permits().consent(plugin)
        return await self.permissions(plugin)

    @audited
    async def permission_decline(self, plugin: str) -> PermissionsPage:
        """Refuse what waits for consent."""
        await self._permits().decline(plugin)
        return await self.permissions(plugin)

    def _permits(self) -> Permissions:
        return Permissions(self._parts.roster.get, self._parts.demand)

    # What plugins offer, events, problems.

    @audited
    async def schedule_run(self, plugin: str, name: str) -> None:
        """Do now what is scheduled."""
        await self._parts.schedule.run(plugin, name)

    @audited
    async def ui_invoke(self, plugin: str, name: str) -> Any:
        """Do what a menu item stands for."""
        return await self._parts.ui.invoke(plugin, name)

    @audited
    async def event_emit(self, topic: str, data: Any = None) -> int:
        """Emit an event as the host."""
        return await self._parts.events.emit(topic, data, None)

    @audited
    async def event_redrive(self, plugin: str, ids: tuple[int, ...] | None = None) -> int:
        """Have dead letters tried once more."""
        return await self._events().redrive(plugin, ids)

    @audited
    async def prompt_answer(self, prompt: str, values: dict[str, Any] | None = None) -> None:
        """Answer a prompt."""
        self._parts.prompts.answer(prompt, values)

    @audited
    async def prompt_dismiss(self, prompt: str) -> None:
        """Tell a plugin that its prompt gets no answer."""
        self._parts.prompts.dismiss(prompt)

    @audited
    async def problem_acknowledge(self, problem: str) -> None:
        """Say that somebody knows."""
        self._problems.acknowledge(problem)

    @audited
    async def problem_mute(self, problem: str, seconds: float) -> None:
        """Hide a problem for a time."""
        self._problems.mute(problem, seconds)
