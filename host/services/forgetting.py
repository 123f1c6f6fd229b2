"""Forgetting: removes what a host keeps of one plugin, all of it, and says what that was.

Owns the order and what is said; how each part lets go is the part's. That the plugin does not run, and does
not start meanwhile, is the roster's. Its package is nobody's here: whoever installed it removes it.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import anyio

from host.errors import NotForgotten, PlughostError, PluginNotFound
from host.ids import PluginId
from host.observe.recorder import FlightRecorder
from host.routing.events import Events
from host.routing.events_view import EventsView
from host.routing.hook_book import HookBook
from host.services.configuration import Configuration
from host.services.schedules import Schedules
from host.services.space_watch import SpaceWatch
from host.services.storage import Storage
from host.supervision.environment import Environment
from host.supervision.roster import Roster

logger = logging.getLogger(__name__)

Forget = Callable[[str], Awaitable[int]]
"""Removes what one part keeps of a plugin; returns how much that was. Raises PlughostError, OSError."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was removed of a plugin."""

    plugin: str
    removed: Mapping[str, int]
    """How much of what, such as `{"storage": 12}` keys; what there was none of is left out."""


class Forgetting:
    """Of one host."""

    def __init__(
        self,
        roster: Roster,
        storage: Storage,
        spaces: SpaceWatch,
        configuration: Configuration,
        hooks: HookBook,
        events: Events,
        schedules: Schedules,
        recorder: FlightRecorder,
    ) -> None:
        self._roster = roster
        self._own: Mapping[str, Forget] = {
            "storage": storage.forget,
            "files": spaces.forget,
            "configuration": configuration.forget,
        }
        """What the plugin keeps itself."""
        self._noted: Mapping[str, Forget] = {
            "hooks": hooks.forget,
            "events": EventsView(events).forget_plugin,
            "schedules": schedules.forget,
            "recorder": recorder.forget,
            "analytics": recorder.analytics.forget,
            "log_level": recorder.logs.forget,
        }
        """What the host keeps of it."""

    async def __call__(
        self, plugin: str, environment: Environment, *, data: bool, keep_package: bool
    ) -> Forgotten:
        """Remove what is kept of a plugin; see `PluginHost.forget`."""

        async def record(plugin: str) -> int:
            return await environment.records.delete(PluginId(plugin))

        parts = {**self._noted, "record": record, **(self._own if data else {})}
        async with self._roster.held_out(plugin, environment, keep_package=keep_package) as known:
            return await _all(plugin, parts, known=known)


async def _all(plugin: str, parts: Mapping[str, Forget], *, known: bool) -> Forgotten:
    """Have every part forget a plugin; one that fails keeps no other from it."""
    removed: dict[str, int] = {}
    failed: dict[str, str] = {}
    for name, forget in parts.items():
        count = 0
        try:
            # What has begun is seen through: half of it gone, and nobody told, would be the worst of both.
            with anyio.CancelScope(shield=True):
                count = await forget(plugin)
        except (PlughostError, OSError) as exc:
            failed[name] = str(exc)
        else:
            if count:
                removed[name] = count
    if failed:
        raise NotForgotten(plugin, removed, failed)
    if not removed and not known:
        raise PluginNotFound(plugin)
    logger.info("forgotten", extra={"fields": {"plugin": plugin, **removed}})
    return Forgotten(plugin, removed)
