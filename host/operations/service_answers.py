"""Service answers: the facade's queries about what plugins keep, may, offer and are asked."""

from collections.abc import Sequence
from typing import Any, cast

from host.base_error import what_is_allowed
from host.errors import ContributionNotFound, MethodNotFound, PlughostError
from host.facade.config_pages import (
    ConfigCheck,
    ConfigDifference,
    ConfigFault,
    ConfigPage,
    ConfigRevision,
    ConfigValue,
)
from host.facade.pages import (
    CommandRow,
    ContributionRow,
    DeadLetterRow,
    HookRow,
    LagRow,
    PermissionRow,
    PermissionsPage,
    ScheduleRow,
    StorageKey,
    StoragePage,
    WidgetPage,
)
from host.logs import clean
from host.operations.plugin_answers import PluginAnswers
from host.operations.shown import shown
from host.routing.events_view import EventsView
from host.services.configuration_layers import Difference
from host.services.storage_view import StorageView
from protocol.messages.provides import UiKind

MISSING = object()


class ServiceAnswers(PluginAnswers):
    """What services know."""

    async def config(self, plugin: str) -> ConfigPage:
        """Return a plugin's configuration."""
        configuration, package = self._parts.configuration, self._parts.roster.package(plugin)
        return ConfigPage(
            plugin=plugin,
            schema=shown(configuration.schema(plugin).document),
            values=shown(configuration.get(plugin)),
            explained=tuple(
                ConfigValue(key=clean(one.key), value=shown(one.value), origin=clean(one.origin))
                for one in configuration.explain(plugin)
            ),
            revision=configuration.revision(plugin),
            faults=tuple(clean(fault) for fault in configuration.faults(package)),
        )

    async def config_check(
        self, plugin: str, changes: dict[str, Any], unset: tuple[str, ...] = ()
    ) -> ConfigCheck:
        """Tell what a change would do."""
        found = self._parts.configuration.preview(plugin, changes, unset)
        return ConfigCheck(
            faults=tuple(
                ConfigFault(
                    key=clean(one.path), message=clean(f"found {one.found}; {what_is_allowed(one.allowed)}")
                )
                for one in found.faults
            ),
            differences=differences(found.differences),
            restarts=found.restarts,
        )

    async def config_history(self, plugin: str, limit: int = 50) -> tuple[ConfigRevision, ...]:
        """Return the last changes, the newest first."""
        return tuple(
            ConfigRevision(
                revision=one.revision, at_s=one.at_s, who=clean(one.who), changes=differences(one.changes)
            )
            for one in await self._parts.configuration.history(plugin, limit)
        )

    async def storage(self) -> tuple[StoragePage, ...]:
        """Return how much each plugin keeps."""
        usage = await StorageView(self._parts.storage).usage_all()
        return tuple(
            StoragePage(
                plugin=clean(plugin),
                keys=one.keys,
                bytes=one.bytes,
                quota_bytes=one.quota_bytes,
                files_bytes=one.files_bytes,
            )
            for plugin, one in sorted(usage.items())
        )

    async def storage_keys(
        self, plugin: str, prefix: str = "", after: str = "", limit: int = 200
    ) -> tuple[StorageKey, ...]:
        """List a plugin's keys in order."""
        rows = await StorageView(self._parts.storage).keys(plugin, prefix, after=after, limit=limit)
        return tuple(
            StorageKey(key=row.key, bytes=row.size_bytes, version=row.version, expires_s=row.expires_s)
            for row in rows
        )

    async def storage_get(self, plugin: str, key: str) -> Any:
        """Return a value."""
        value = await StorageView(self._parts.storage).get(plugin, key, MISSING)
        if value is MISSING:
            raise ContributionNotFound("key", key)
        return value

    async def permissions(self, plugin: str) -> PermissionsPage:
        """Return what a plugin asks for, has, and used."""
        supervisor = self._parts.roster.get(plugin)
        asked = {str(one) for one in supervisor.package.manifest.permissions}
        revoked = {str(one) for one in supervisor.grants.revoked}
        return PermissionsPage(
            plugin=plugin,
            rows=tuple(
                PermissionRow(
                    permission=clean(use.permission),
                    state=use.state,
                    asked=use.permission in asked,
                    used=use.used,
                    denied=use.denied,
                    last_s=use.last_s,
                    reason=_REVOKED if use.permission in revoked else _WHY.get(use.state, ""),
                )
                for use in supervisor.grants.usage()
            ),
            waiting=tuple(map(str, supervisor.grants.waiting)),
        )

    async def commands(self, plugin: str | None = None) -> tuple[CommandRow, ...]:
        """Return the commands of all plugins, or of one."""
        self._known(plugin)
        return tuple(
            CommandRow(
                plugin=one.plugin,
                name=clean(one.name),
                description=clean(one.description),
                params=shown(one.params),
            )
            for one in self._parts.commands.list(plugin)
        )

    async def schedules(self, plugin: str | None = None) -> tuple[ScheduleRow, ...]:
        """Return what is done again and again."""
        self._known(plugin)
        return tuple(
            ScheduleRow(
                plugin=one.plugin,
                name=clean(one.name),
                when=clean(one.when),
                next_run_s=one.next_run_s,
                last_run_s=one.last_run_s,
                last_error=clean(one.last_error),
                running=one.running,
                runs=one.runs,
                failures=one.failures,
            )
            for one in self._parts.schedule.list(plugin)
        )

    async def contributions(
        self, plugin: str | None = None, kind: str | None = None
    ) -> tuple[ContributionRow, ...]:
        """Return what plugins add to user interfaces."""
        self._known(plugin)
        found = self._parts.ui.contributions(cast("UiKind | None", kind), plugin=plugin)
        return tuple(
            ContributionRow(
                plugin=one.plugin,
                kind=one.kind,
                name=clean(one.name),
                title=one.title,
                slot=one.slot,
                data=shown(one.data),
                warnings=one.warnings,
            )
            for one in found
        )

    async def widget(self, plugin: str, name: str) -> WidgetPage:
        """Return what a widget shows now."""
        return await self.contribution(plugin, "widget", name)

    async def contribution(self, plugin: str, kind: str, name: str) -> WidgetPage:
        """Return what an addition shows now."""
        self._known(plugin)
        ui = self._parts.ui
        found = ui.contribution(plugin, cast("UiKind", kind), name)
        drawn = ui.drawn_as(found)
        try:
            data = await ui.data(found)
        except ContributionNotFound:
            raise
        except PlughostError as exc:
            return WidgetPage(
                plugin=plugin,
                name=name,
                kind=drawn,
                data={},
                error=clean(exc.message),
                remedy=clean(exc.remedy or _remedy_of(exc, plugin)),
            )
        return WidgetPage(plugin=plugin, name=name, kind=drawn, data=shown(data), error="")

    async def event_lag(self, plugin: str | None = None) -> tuple[LagRow, ...]:
        """Return how far subscribers are behind."""
        return tuple(
            LagRow(
                plugin=one.plugin,
                subscription=clean(one.subscription),
                durable=one.durable,
                waiting=one.waiting,
                delivered=one.delivered,
                dropped=one.dropped,
                running=one.running,
            )
            for one in await self._events().lag(plugin)
        )

    async def dead_letters(self, plugin: str | None = None, limit: int = 100) -> tuple[DeadLetterRow, ...]:
        """Return events that could not be handled."""
        return tuple(
            DeadLetterRow(
                id=one.id,
                plugin=one.plugin,
                subscription=clean(one.subscription),
                seq=one.seq,
                topic=clean(one.topic),
                data=shown(one.data),
                time_s=one.time_s,
                failed_s=one.failed_s,
                error=clean(one.error),
                tries_again=one.tries_again,
            )
            for one in await self._events().dead_letters(plugin, limit=limit)
        )

    async def hooks(self) -> tuple[HookRow, ...]:
        """Return who is asked for which hook, in order."""
        hooks = self._parts.hooks
        return tuple(
            HookRow(
                hook=clean(name),
                plugin=one.plugin,
                handler=clean(one.handler),
                fail=one.fail,
                budget_s=one.budget_s,
                active=one.active,
                enabled=one.enabled,
            )
            for name in hooks.names()
            for one in hooks.chain(name)
        )

    def _events(self) -> EventsView:
        return EventsView(self._parts.events, self._parts.roster.get)

    def _known(self, plugin: str | None) -> None:
        if plugin is not None:
            self._pictures.row(plugin)


_WHY = {
    "refused": "the host's policy refused it",
    "waiting": "it waits for the operator's consent",
    "undeclared": "it needed it, and does not declare it",
}

_REVOKED = "the operator refused it"


def _remedy_of(exc: PlughostError, plugin: str) -> str:
    if isinstance(exc, MethodNotFound):
        return "run it under the program that it is made for, which brings that method"
    return f"its log may say more: plughost logs {plugin}"


def differences(found: Sequence[Difference]) -> tuple[ConfigDifference, ...]:
    """Return differences as front ends see them."""
    return tuple(
        ConfigDifference(key=clean(one.key), old=shown(one.old), new=shown(one.new)) for one in found
    )
