"""Runs that began with an older configuration than the one that is saved: they are told.

A change is offered to the run that takes calls, and then saved. A run that begins in between is given what
was saved before; here that is noticed, and the run is offered what is saved now.
"""

import logging
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import msgspec
from anyio.abc import TaskGroup

from host.errors import PlughostError
from host.facade import Joining
from host.ids import SessionId
from host.services import configuration_layers as layering
from host.services.configuration_book import Book, Kept
from host.services.configuration_offer import offer
from host.state import config_file
from host.state.database import Database

logger = logging.getLogger(__name__)


class CatchUp:
    """Of one host."""

    def __init__(
        self,
        book: Book,
        file: Callable[[], Database],
        lock: Callable[[str], anyio.Lock],
        restart: Callable[[str], Awaitable[None]],
    ) -> None:
        """`lock(plugin)` is held while a configuration changes; `restart` raises nothing."""
        self._book = book
        self._file = file
        self._lock = lock
        self._restart = restart
        self._revisions: dict[SessionId, int] = {}
        self.tasks: TaskGroup | None = None
        """Where runs are offered what they missed, while the host runs."""

    def began(self, session: Joining) -> None:
        """Note what a run is given, in the turn of the loop in which it is."""
        self._revisions[session.id] = self._saved(session.plugin).revision

    def ended(self, session: Joining) -> None:
        """Forget it."""
        self._revisions.pop(session.id, None)

    def saved(self, plugin: str, offered: Joining | None) -> None:
        """Note what was saved just now, and to which run it was offered; another one is told."""
        if offered is not None:
            self._took(offered)
        now = self._book.plugins.session(plugin)
        if now is not None:
            self.look(now)

    def look(self, session: Joining) -> None:
        """Have a run told if something was saved since it was given its configuration."""
        if self.tasks is not None and self._is_behind(session):
            self.tasks.start_soon(self._run, session)

    def _took(self, session: Joining) -> None:
        if session.id in self._revisions:
            self._revisions[session.id] = self._saved(session.plugin).revision

    def _is_behind(self, session: Joining) -> bool:
        return self._revisions.get(session.id, -1) not in (-1, self._saved(session.plugin).revision)

    async def _run(self, session: Joining) -> None:
        """Offer a run what is saved now. One that does not take it keeps what it has, and the log says so."""
        plugin = session.plugin
        try:
            async with self._lock(plugin):
                restarts = await self._offered(session)
        except PlughostError as exc:
            logger.error(
                "a plugin began with an older configuration, and does not take the present one",
                extra={"fields": {"plugin": plugin, "fault": str(exc)}},
            )
            return
        if restarts:
            await self._restart(plugin)

    async def _offered(self, session: Joining) -> bool:
        """Tell whether it has to be restarted."""
        plugin = session.plugin
        if self._book.plugins.session(plugin) is not session or not self._is_behind(session):
            return False  # it has ended; whoever follows it is looked at anew
        began, saved = self._revisions[session.id], self._saved(plugin)
        row = await self._file().read(lambda connection: config_file.find(connection, plugin, began))
        layer: dict[str, Any] = {} if row is None else msgspec.json.decode(row.layer)
        schema = self._book.schema_of(plugin)
        before = layering.effective(self._book.layers(plugin, schema, layer))
        after = self._book.current(plugin)
        changed = layering.changed(before, after)
        if not changed:
            self._took(session)
            return False
        answer = await offer(session, after, saved.revision, restarts=schema.restarts(changed))
        self._took(session)
        return answer.applied == "restart"

    def _saved(self, plugin: str) -> Kept:
        return self._book.kept.get(plugin, Kept())
