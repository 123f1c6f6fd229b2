"""Queries: what a front end asks of a host. They change nothing."""

from collections.abc import Callable
from typing import Any, Final, Protocol, TypeVar

from host.facade.config_pages import ConfigCheck, ConfigPage, ConfigRevision
from host.facade.pages import (
    AnswerPage,
    CommandRow,
    ContributionRow,
    DeadLetterRow,
    HookRow,
    HostPage,
    LagRow,
    PermissionsPage,
    ScheduleRow,
    StorageKey,
    StoragePage,
    WidgetPage,
)
from host.facade.plugin_pages import MethodPage, PluginPage, SamplesPage, WhyPage
from host.facade.rows import PluginRow, ProblemRow, PromptRow

_F = TypeVar("_F", bound=Callable[..., Any])

QUERIES: Final[set[str]] = set()
"""Names of all queries."""


def query(function: _F) -> _F:
    """Mark a method that only looks."""
    QUERIES.add(function.__name__)
    return function


class Queries(Protocol):
    """What is asked once."""

    @query
    async def host(self) -> HostPage:
        """Return all that is known of the host."""
        ...

    @query
    async def plugins(self) -> tuple[PluginRow, ...]:
        """Return every plugin as it is now."""
        ...

    @query
    async def problems(self) -> tuple[ProblemRow, ...]:
        """Return what needs attention, the worst first."""
        ...

    @query
    async def prompts(self, plugin: str | None = None) -> tuple[PromptRow, ...]:
        """Return what plugins, or one of them, ask and nobody answered yet, the oldest first."""
        ...

    @query
    async def plugin(self, plugin: str) -> PluginPage:
        """Return all that is known of a plugin."""
        ...

    @query
    async def plugin_samples(self, plugin: str, since_s: float | None = None) -> SamplesPage:
        """Return what a plugin used lately, as far back as the flight recorder knows."""
        ...

    @query
    async def plugin_why(self, plugin: str) -> WhyPage:
        """Tell what led to a plugin's present state."""
        ...

    @query
    async def plugin_health(self, plugin: str) -> AnswerPage:
        """Ask a plugin how it is."""
        ...

    @query
    async def plugin_status(self, plugin: str) -> AnswerPage:
        """Ask a plugin what it does."""
        ...

    @query
    async def plugin_methods(self, plugin: str) -> tuple[MethodPage, ...]:
        """Ask a plugin that runs which methods it has, and what each takes.

        Raises:
            NotActive, Disabled, Quarantined: It does not run.
        """
        ...

    @query
    async def config(self, plugin: str) -> ConfigPage:
        """Return a plugin's configuration, its schema, and where each value comes from."""
        ...

    @query
    async def config_check(
        self, plugin: str, changes: dict[str, Any], unset: tuple[str, ...] = ()
    ) -> ConfigCheck:
        """Tell what a change would do; nothing is changed. See `config_set`."""
        ...

    @query
    async def config_history(self, plugin: str, limit: int = 50) -> tuple[ConfigRevision, ...]:
        """Return the last changes, the newest first."""
        ...

    @query
    async def storage(self) -> tuple[StoragePage, ...]:
        """Return how much each plugin keeps, also those that are gone."""
        ...

    @query
    async def storage_keys(
        self, plugin: str, prefix: str = "", after: str = "", limit: int = 200
    ) -> tuple[StorageKey, ...]:
        """List a plugin's keys in order, behind `after`; 1,000 at most."""
        ...

    @query
    async def storage_get(self, plugin: str, key: str) -> Any:
        """Return a value. Raises ContributionNotFound if there is none."""
        ...

    @query
    async def permissions(self, plugin: str) -> PermissionsPage:
        """Return what a plugin asks for, has, and used."""
        ...

    @query
    async def commands(self, plugin: str | None = None) -> tuple[CommandRow, ...]:
        """Return the commands of all plugins, or of one."""
        ...

    @query
    async def schedules(self, plugin: str | None = None) -> tuple[ScheduleRow, ...]:
        """Return what is done again and again."""
        ...

    @query
    async def contributions(
        self, plugin: str | None = None, kind: str | None = None
    ) -> tuple[ContributionRow, ...]:
        """Return what plugins add to user interfaces."""
        ...

    @query
    async def widget(self, plugin: str, name: str) -> WidgetPage:
        """Return what a widget shows now; the plugin is asked at most twice a second, whoever looks."""
        ...

    @query
    async def contribution(self, plugin: str, kind: str, name: str) -> WidgetPage:
        """Return what an addition shows now: a widget, or what a section, tab, menu item or page names.

        Raises ContributionNotFound if there is none, or if it shows nothing.
        """
        ...

    @query
    async def event_lag(self, plugin: str | None = None) -> tuple[LagRow, ...]:
        """Return how far subscribers are behind."""
        ...

    @query
    async def dead_letters(self, plugin: str | None = None, limit: int = 100) -> tuple[DeadLetterRow, ...]:
        """Return events that could not be handled, oldest first."""
        ...

    @query
    async def hooks(self) -> tuple[HookRow, ...]:
        """Return who is asked for which hook, in order."""
        ...

    @query
    async def metrics(self) -> str:
        """Return the host's figures in Prometheus' text format."""
        ...
