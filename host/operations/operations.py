"""Operations: what stands behind the facade of one host, put together; the assembly makes one.

Looks at the plugins with the watchdog's sweeps, so that a host whose plugins rest is not woken for it.
"""

import os
from collections.abc import Iterator
from typing import Final

from host.facade import Change
from host.facade.rows import ProblemRow
from host.operations.happenings import Happenings
from host.operations.host_facade import HostFacade
from host.operations.host_rules import findings_of_host
from host.operations.parts import Parts
from host.operations.pictures import Pictures
from host.operations.problem_book import Finding, ProblemBook
from host.operations.problem_rules import Known, findings_of, findings_of_prompts
from host.operations.rates import Rates
from host.supervision.session import Session
from host.supervision.supervisor import Supervisor
from host.watchdog.own_usage import OwnUsage

SAMPLE_EVERY_S: Final = 0.9
"""Counters are read with each sweep of everybody, and not with the faster ones in between."""
LOOK_EVERY_S: Final = 4.5
LAG_WINDOW_S: Final = 60.0
MEMORY_STEP_BYTES: Final = 4 * 1024 * 1024
"""Memory has to move by so much for a plugin without problems to be looked at anew."""


class Operations:
    """Of one host."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._rates = Rates()
        self._usage = OwnUsage()
        self._problems = ProblemBook(parts.clock, self._told)
        self.happenings = Happenings(parts.feeds, parts.clock, self._session_of, self._problems.moved)
        self._pictures = Pictures(parts, self._rates, self._problems)
        self.facade = HostFacade(parts, self._pictures, self._problems, self.happenings, "the host")
        self._sampled_s = self._looked_s = -1e9
        self._quiet: dict[str, object] = {}
        """Signatures of plugins that had no problem when they were looked at last."""
        self._problems.looks = self.look
        parts.events.heard = self.happenings.emitted
        parts.recorder.heard = self.happenings.logged
        parts.configuration.told = self.happenings.configured

    def changed(self, change: Change) -> None:
        """Take a change of a plugin's state."""
        self._pictures.touch(change.plugin)
        self._problems.moved()
        self.happenings.changed(change)

    def swept(self) -> None:
        """Take note that the watchdog has looked at its processes."""
        now_s = self._parts.clock.monotonic()
        if now_s - self._sampled_s < SAMPLE_EVERY_S:
            return
        self._sampled_s = now_s
        self._sample(now_s)
        self._parts.tracing.tick()
        if now_s - self._looked_s >= LOOK_EVERY_S:
            self.look()

    def look(self) -> None:
        """Look for problems now."""
        self._looked_s = now_s = self._parts.clock.monotonic()
        if now_s - self._sampled_s > LOOK_EVERY_S:
            # Sweeps rest where no plugin runs, and the host has figures nevertheless.
            self._sampled_s = now_s
            self._sample(now_s)
        self._problems.look(self._findings())

    def _sample(self, now_s: float) -> None:
        roster = self._parts.roster
        ids = roster.ids()
        for plugin in ids:
            session = roster.session(plugin)
            if session is not None:
                meter = session.meter
                self._rates.sample(
                    plugin, session.id, now_s, meter.total, meter.errors, session.memory_bytes, meter.buckets
                )
        self._rates.keep_only(set(ids))
        cores, rss_bytes = self._usage.read()
        self._rates.host_rss_bytes = rss_bytes
        if cores is not None:
            self._rates.host_cpu_cores = cores

    def _findings(self) -> Iterator[Finding]:
        parts, wall_s = self._parts, self._parts.clock.wall()
        lag_s = parts.facts.lag_s(LAG_WINDOW_S)
        yield from findings_of_host(lag_s, parts.recorder.fault, os.geteuid() == 0)
        lost: dict[str, int] = {
            one.session.plugin: one.dropped for one in parts.events.router.subscribers.values()
        }
        buried: dict[str, int] = {}
        for delivery in [*parts.events.log.deliveries.values()]:
            buried[delivery.plugin] = buried.get(delivery.plugin, 0) + delivery.buried
        yield from findings_of_prompts(self._pictures.prompts())
        for folder in parts.roster.broken():
            yield from findings_of(Known(row=self._pictures.row_of(folder)), wall_s)
        for plugin in parts.roster.ids():
            supervisor = parts.roster.get(plugin)
            session = supervisor.condition.session
            signature = self._signature(supervisor, session, lost.get(plugin, 0), buried.get(plugin, 0))
            if self._quiet.get(plugin) == signature:
                continue
            found = [
                *self._findings_of(supervisor, session, lost.get(plugin, 0), buried.get(plugin, 0), wall_s)
            ]
            if found:
                self._quiet.pop(plugin, None)
            else:
                self._quiet[plugin] = signature
            yield from found

    def _findings_of(
        self, supervisor: Supervisor, session: Session | None, lost: int, buried: int, wall_s: float
    ) -> Iterator[Finding]:
        parts, view = self._parts, supervisor.view()
        row = self._pictures.row_of(view)
        starts = view.state in ("error", "discovered")
        yield from findings_of(
            Known(
                row=row,
                last_exit=view.last_exit,
                rate=self._rates.of(view.id),
                usual_p50_s=view.figures.p50_s,
                memory=self._rates.memory(view.id),
                denied=[
                    (use.permission, use.denied, use.last_s)
                    for use in supervisor.grants.usage()
                    if use.denied and use.last_s is not None
                ],
                config_faults=parts.configuration.faults(supervisor.package) if starts else (),
                lost_lines=0 if session is None else session.lost_lines,
                lost_events=lost,
                dead_letters=buried,
            ),
            wall_s,
        )

    def _signature(self, supervisor: Supervisor, session: Session | None, lost: int, buried: int) -> object:
        """Return what has to move before a plugin without problems can have one."""
        condition = supervisor.condition
        memory_bytes = 0 if session is None else session.memory_bytes or 0
        return (
            condition.state,
            condition.reason,
            None if session is None else (session.id, session.meter.total, session.lost_lines),
            # A plugin that only computes moves nothing else.
            None if session is None else self._parts.recorder.track(session.plugin).throttled_to,
            memory_bytes // MEMORY_STEP_BYTES,
            supervisor.grants.denied,
            supervisor.grants.waiting,
            lost,
            buried,
        )

    def _told(self, problem: ProblemRow, over: bool) -> None:
        self.happenings.problem(problem, over=over)

    def _session_of(self, plugin: str) -> str:
        session = self._parts.roster.session(plugin)
        return "" if session is None else session.id
