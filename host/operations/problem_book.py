"""ProblemBook: what an operator should look at, from the first sight of it to its end.

Owns which problems are open, since when, and what the operator said of them. What is a problem is said by
`problem_rules`. Looked over with the watchdog's sweeps, whenever somebody asks, and while somebody watches
as soon as something changed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import msgspec

from host.clock import Clock
from host.errors import ContributionNotFound
from host.facade.rows import ProblemRow

LINGERS_S: Final = 30.0
"""Seconds for which a problem stays open whose evidence is gone, so that it does not come and go."""

LOOK_S: Final = 5.0
"""Seconds after which whoever watches has it looked over; sweeps rest where no plugin runs."""

HURRY_S: Final = 1.0
"""Seconds between two looks that changes bring about, however many changes there are."""

HURRIES: Final = 4
"""Such looks that may come at once after a rest."""

MAX_MUTE_S: Final = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Finding:
    """One problem, as a rule sees it now."""

    kind: str
    plugin: str
    severity: str
    title: str
    evidence: tuple[str, ...]
    remedy: str
    fix: str = ""
    lingers: bool = True
    """Whether it stays for a while; False where the evidence is a state and not a figure."""


class ProblemBook:
    """Problems of one host."""

    def __init__(self, clock: Clock, told: Callable[[ProblemRow, bool], None]) -> None:
        """`told(problem, over)` is told of each that begins, and of each that ends."""
        self._clock = clock
        self._told = told
        self._open: dict[str, ProblemRow] = {}
        self._lingers: dict[str, bool] = {}
        self._muted: dict[str, float] = {}
        self._looked_at_s = self._hurried_at_s = -LOOK_S
        self._moved = False
        self.looks: Callable[[], None] = lambda: None
        """Looks for problems now."""

    def look(self, findings: Iterable[Finding]) -> None:
        """Take all that is found now."""
        self._looked_at_s = self._clock.monotonic()
        self._moved = False
        now_s = self._clock.wall()
        seen: set[str] = set()
        self._muted = {name: until_s for name, until_s in self._muted.items() if until_s > now_s}
        for finding in findings:
            name = f"{finding.kind}:{finding.plugin}" if finding.plugin else finding.kind
            if name in seen:
                continue
            seen.add(name)
            known = self._open.get(name)
            row = ProblemRow(
                id=name,
                kind=finding.kind,
                plugin=finding.plugin,
                severity="error" if finding.severity == "error" else "warning",
                title=finding.title,
                evidence=finding.evidence,
                remedy=finding.remedy,
                fix=finding.fix,
                since_s=now_s if known is None else known.since_s,
                last_s=now_s,
                count=1 if known is None else known.count + (known.evidence != finding.evidence),
                acknowledged=known is not None and known.acknowledged,
                muted_until_s=self._muted.get(name),
            )
            self._open[name] = row
            self._lingers[name] = finding.lingers
            if known is None:
                self._told(row, False)
        for name, row in [*self._open.items()]:
            if name not in seen and (not self._lingers[name] or now_s - row.last_s > LINGERS_S):
                del self._open[name], self._lingers[name]
                self._told(row, True)

    def moved(self) -> None:
        """Note that something changed that a problem may be of; whoever watches has it looked for at once."""
        self._moved = True

    def watched(self) -> None:
        """Look for problems where something changed, or nobody has looked for a while."""
        now_s = self._clock.monotonic()
        if self._moved and now_s - self._hurried_at_s >= HURRY_S:
            self._hurried_at_s = max(self._hurried_at_s, now_s - HURRIES * HURRY_S) + HURRY_S
        elif now_s - self._looked_at_s < LOOK_S:
            return
        self._looked_at_s = now_s
        self.looks()

    def open(self) -> list[ProblemRow]:
        """Return what is open and not muted: errors first, then the oldest."""
        now_s = self._clock.wall()
        return [row for row in self.all() if row.muted_until_s is None or row.muted_until_s <= now_s]

    def all(self) -> list[ProblemRow]:
        """Return what is open, also what is muted: whoever muted it can find it again."""
        return sorted(
            self._open.values(),
            key=lambda row: (row.acknowledged, row.severity != "error", row.since_s, row.id),
        )

    def acknowledge(self, problem: str) -> None:
        """Note that somebody knows. Raises ContributionNotFound if it is not open."""
        self._open[problem] = msgspec.structs.replace(self._find(problem), acknowledged=True)

    def mute(self, problem: str, seconds: float) -> None:
        """Hide one for a time; 0 shows it again."""
        row = self._find(problem)
        until_s = self._clock.wall() + min(max(0.0, seconds), MAX_MUTE_S) if seconds > 0 else None
        if until_s is None:
            self._muted.pop(problem, None)
        else:
            self._muted[problem] = until_s
        self._open[problem] = msgspec.structs.replace(row, muted_until_s=until_s)

    def _find(self, problem: str) -> ProblemRow:
        row = self._open.get(problem)
        if row is None:
            raise ContributionNotFound("problem", problem, [*self._open][:3])
        return row
