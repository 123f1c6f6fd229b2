"""Pictures: the rows of everything that moves, made when somebody looks, and shared by all who do.

A plugin's row is made anew at once when its state changed, and otherwise twice a second, or once where there
are many: then each look makes a part of them, so that no look holds the loop up. A row that did not change
stays the same object, so that whoever compares pictures has nothing to do.
"""

import math
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from host.errors import ManifestError
from host.facade.board import Picture, Row, as_rows
from host.facade.rows import (
    HOST,
    METHODS,
    PLUGINS,
    PROBLEMS,
    PROMPTS,
    HostRow,
    MethodRow,
    PluginRow,
    ProblemRow,
    PromptRow,
)
from host.facade.views import PluginView
from host.logs import clean
from host.masking import known
from host.observe.entries import Call
from host.operations.parts import Parts
from host.operations.problem_book import ProblemBook
from host.operations.rates import RATE_S, Rates
from host.operations.shown import shown
from host.services.prompts import Prompt
from host.supervision.supervisor import Supervisor
from protocol.version import RELEASE

ROUND_EVERY_S: Final = 0.45
"""From the beginning of one round of all rows to that of the next."""
ROUND_S: Final = 1.0
"""Longest time that a round takes while somebody looks; after a longer pause a look makes all rows."""
ROWS_A_LOOK: Final = 20
"""Made at one look, unless the round would take too long; each takes about 20 µs."""
LAG_WINDOW_S: Final = 10.0
STEADY_S: Final = 0.5
"""By less than this a moment may seem to move, because two clocks are compared."""


class Pictures:
    """Of one host."""

    def __init__(self, parts: Parts, rates: Rates, problems: ProblemBook) -> None:
        self._parts = parts
        self._rates = rates
        self._problems = problems
        self._rows: dict[str, Row] = {}
        self._dirty: set[str] = set()
        self._who: object = None
        """All plugins, and folders with a broken manifest, that there are rows of."""
        self._asked: dict[str, tuple[PromptRow, Row]] = {}
        """Rows of prompts, as values and as JSON values: their schemas may be long."""
        self._asked_step = known.step
        self._due: list[str] = []
        """Plugins whose rows are still to be made in this round, the last one first."""
        self._round_at_s = self._looked_at_s = -1e9
        self._moments: dict[tuple[str, str], float] = {}

    def touch(self, plugin: str) -> None:
        """Have a plugin's row made anew at the next look."""
        self._dirty.add(plugin)

    def picture(self, topics: Iterable[str]) -> Picture:
        """Return the rows of these topics; a topic that is not known has none."""
        return {topic: self._topic(topic) for topic in dict.fromkeys(topics)}

    def row(self, plugin: str) -> PluginRow:
        """Return a plugin as it is now. Raises PluginNotFound."""
        try:
            return self.row_of(self._parts.roster.get(plugin).view())
        except ManifestError:
            return next(self.row_of(view) for view in self._parts.roster.broken() if view.id == plugin)

    def rows(self) -> tuple[PluginRow, ...]:
        """Return every plugin as it is now, by id, those with a broken manifest last."""
        return tuple(self.row_of(view) for view in self._parts.roster.views())

    def host(self) -> HostRow:
        """Return the host's row."""
        parts, facts = self._parts, self._parts.facts
        return HostRow(
            name=facts.name,
            app_version=facts.app_version,
            version=RELEASE,
            pid=os.getpid(),
            started_at_s=facts.started_at_s,
            loop=loop_name(),
            warden_pid=facts.warden_pid(),
            cpu_cores=self._rates.host_cpu_cores,
            rss_bytes=self._rates.host_rss_bytes,
            loop_lag_s=round(facts.lag_s(LAG_WINDOW_S), 3),
            states=dict(parts.roster.states()),
            problems=len(self._problems.open()),
            calls=self._rates.calls,
            calls_per_s=round(self._rates.total_per_s(), 1),
            errors=self._rates.errors,
            events=parts.events.emitted,
            clients=len(facts.clients()),
            contributions=parts.ui.changes,
        )

    def methods(self, plugin: str) -> dict[str, MethodRow]:
        """Return the methods of a plugin's present session."""
        session = self._parts.roster.session(plugin)
        if session is None:
            return {}
        track = self._parts.recorder.track(session.plugin)
        provided: Mapping[str, bool] = session.provided or {}
        now_s, found = self._parts.recorder.latest_calls(session.plugin)
        by_method: dict[str, list[Call]] = {}
        for call in found:
            if call.into:
                by_method.setdefault(call.method, []).append(call)
        since_s = min(RATE_S, now_s - found[0].at_s) if found else RATE_S
        rows: dict[str, MethodRow] = {}
        for name in dict.fromkeys((*provided, *track.counts)):
            calls = by_method.get(name, [])
            seconds = sorted(call.seconds for call in calls)
            lately = sum(now_s - call.at_s <= RATE_S for call in calls)
            rows[clean(name)] = MethodRow(
                name=clean(name),
                stream=provided.get(name, False),
                calls=track.counts.get(name, 0),
                errors=track.failures.get(name, 0),
                calls_per_s=round(lately / max(since_s, 1.0), 1),
                p50_s=_share(seconds, 0.50),
                p95_s=_share(seconds, 0.95),
                p99_s=_share(seconds, 0.99),
            )
        return rows

    def prompts(self) -> tuple[PromptRow, ...]:
        """Return what plugins ask and nobody answered yet, the oldest first."""
        return tuple(row for row, _ in self._prompt_rows().values())

    def _prompt_rows(self) -> dict[str, tuple[PromptRow, Row]]:
        waiting = self._parts.prompts.waiting()
        if self._asked_step != known.step:
            # A secret that was learnt since may stand in one.
            self._asked, self._asked_step = {}, known.step
        rows = {one.id: self._asked.get(one.id) or _prompt_row(one) for one in waiting}
        self._asked = rows
        return rows

    def _topic(self, topic: str) -> Mapping[str, Row]:
        if topic == PLUGINS:
            return self._plugins()
        if topic == HOST:
            return as_rows([("", self.host())])
        if topic == PROBLEMS:
            problems: list[ProblemRow] = self._problems.all()
            return as_rows((one.id, one) for one in problems)
        if topic == PROMPTS:
            return {id: row for id, (_, row) in self._prompt_rows().items()}
        if topic.startswith(METHODS):
            return as_rows(self.methods(topic.removeprefix(METHODS)).items())
        return {}

    def _plugins(self) -> dict[str, Row]:
        roster = self._parts.roster
        who = (roster.ids(), roster.broken())
        now_s = self._parts.clock.monotonic()
        since_s, self._looked_at_s = now_s - self._looked_at_s, now_s
        strange = bool(self._dirty) and not self._dirty.issubset(who[0])
        if who != self._who or strange or since_s > ROUND_S:
            self._who, self._due, self._round_at_s = who, [], now_s
            views, rows = roster.views(), dict[str, Row]()
        else:
            due = self._dirty.union(self._next_due(who[0], since_s, now_s))
            if not due:
                return self._rows
            views = tuple(roster.get(plugin).view() for plugin in due)
            # A new table: the old one may be part of a picture that is still compared.
            rows = dict(self._rows)
        self._dirty.clear()
        for view in views:
            row = self.row_of(view)
            fresh: Row = msgspec.to_builtins(row)
            known = self._rows.get(row.id)
            rows[row.id] = known if known == fresh and known is not None else fresh
        self._rows = rows
        return rows

    def _next_due(self, ids: Sequence[str], since_s: float, now_s: float) -> list[str]:
        """Return the plugins whose turn it is at this look, `since_s` after the one before."""
        if not self._due and now_s - self._round_at_s >= ROUND_EVERY_S:
            self._due, self._round_at_s = [*reversed(ids)], now_s
        left = len(self._due) - max(ROWS_A_LOOK, math.ceil(len(ids) * since_s / ROUND_S))
        turn, self._due = self._due[max(0, left) :], self._due[: max(0, left)]
        return turn

    def row_of(self, view: PluginView) -> PluginRow:
        """Return the row that shows this view."""
        figures, rate = view.figures, self._rates.of(view.id)
        wall_s = self._parts.clock.wall()
        supervisor = self._supervisor(view)
        tags = supervisor.package.manifest.tags if supervisor is not None else ()
        return PluginRow(
            id=clean(view.id),
            name=clean(view.name),
            version=clean(view.version),
            update="",
            type=view.type,
            tags=tuple(clean(tag) for tag in tags),
            state=view.state,
            reason=clean(view.reason),
            pid=view.pid,
            session=view.session,
            enabled=view.enabled,
            wanted=view.wanted,
            started_at_s=self._steady(view.id, "started", wall_s, view.uptime_s and -view.uptime_s),
            retry_at_s=self._steady(view.id, "retry", wall_s, view.retry_in_s),
            restarts=view.restarts,
            cpu_cores=None if figures.cpu_cores is None else round(figures.cpu_cores, 3),
            cpu_limit_cores=view.limits.cpu_cores,
            memory_bytes=figures.memory_bytes,
            memory_basis=figures.memory_basis,
            memory_limit_bytes=view.limits.memory_bytes,
            threads=figures.threads,
            descriptors=figures.descriptors,
            children=figures.children,
            throttled_to=figures.throttled_to,
            calls=figures.calls,
            errors=figures.errors,
            calls_per_s=rate.calls_per_s,
            errors_pct=rate.errors_pct,
            in_flight=figures.in_flight,
            p50_s=rate.p50_s if rate.p50_s is not None else figures.p50_s,
            p99_s=rate.p99_s if rate.p99_s is not None else figures.p99_s,
            faults=figures.faults,
            late=figures.late,
            waiting_permissions=view.waiting_permissions,
            manifest_faults=tuple(clean(fault) for fault in view.faults),
        )

    def _steady(self, plugin: str, what: str, wall_s: float, from_now_s: float | None) -> float | None:
        """Return a moment that does not tremble: one that moves would be sent again and again."""
        if from_now_s is None:
            return None
        at_s = round(wall_s + from_now_s, 1)
        known = self._moments.get((plugin, what))
        if known is None or abs(known - at_s) > STEADY_S:
            self._moments[plugin, what] = known = at_s
        return known

    def _supervisor(self, view: PluginView) -> Supervisor | None:
        return None if view.faults else self._parts.roster.get(view.id)


def loop_name() -> str:
    """Return which event loop this process has."""
    return "uvloop" if "uvloop" in sys.modules else "asyncio"


def _share(seconds: list[float], share: float) -> float | None:
    if not seconds:
        return None
    value: Any = seconds[min(len(seconds) - 1, int(share * len(seconds)))]
    return value


def _prompt_row(one: Prompt) -> tuple[PromptRow, Row]:
    row = PromptRow(
        id=one.id,
        plugin=one.plugin,
        title=known.cleared(one.title),
        text=known.cleared(one.text),
        schema=shown(one.schema),
        since_s=one.at_s,
        until_s=one.until_s,
    )
    return row, msgspec.to_builtins(row)
