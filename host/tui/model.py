"""Model: what the monitor knows of the host, plain and without a widget.

The link fills it, screens read it when they paint. It outlives a connection: when the host is gone, the last
picture stays. Histories are of a second's step and begin anew with another run of the host.
"""

from collections import deque
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, Literal

from host.clock import Clock
from host.facade.board import Board
from host.facade.pages import HostPage
from host.facade.rows import HOST, PLUGINS, PROBLEMS, PROMPTS, HostRow, PluginRow, ProblemRow, PromptRow
from host.tui.border import clean, cleaned

KEPT_SAMPLES: Final = 300
"""Seconds of history for sparklines and plots."""

LinkState = Literal["connecting", "live", "lost"]


def _samples() -> "deque[float | None]":
    return deque(maxlen=KEPT_SAMPLES)


@dataclass(slots=True)
class History:
    """What one plugin, or the host, used, second by second, the newest last; None where nothing is known."""

    cpu_cores: "deque[float | None]" = field(default_factory=_samples)
    memory_bytes: "deque[float | None]" = field(default_factory=_samples)
    calls_per_s: "deque[float | None]" = field(default_factory=_samples)
    p99_s: "deque[float | None]" = field(default_factory=_samples)


class Model:
    """Rows, histories, and how the connection stands."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.link: LinkState = "connecting"
        self.why = ""
        """Why there is no connection; one sentence."""
        self.remedy = ""
        self.lost_at_s: float | None = None
        self.tries = 0
        """Since the connection was lost."""
        self.epoch = ""
        self.goes_back = False
        """Whether another epoch is the same run, gone back in: a recording's."""
        self.host: HostRow | None = None
        self.page: HostPage | None = None
        self.plugins: dict[str, PluginRow] = {}
        self.problems: dict[str, ProblemRow] = {}
        self.prompts: dict[str, PromptRow] = {}
        """What plugins ask, the oldest first."""
        self.histories: dict[str, History] = {}
        self.host_history = History()
        self.step = 0
        """Grows with everything that is different."""
        self.states_step = 0
        """Grows when a state, a plugin or a problem came, went or changed: what is painted at once."""
        self._sampled_at_s: float | None = None

    @property
    def now_s(self) -> float:
        """The moment of the picture, from which ages are told: now, or when the host was lost."""
        lost = self.lost_at_s if self.link == "lost" else None
        return self.clock.wall() if lost is None else lost

    def take(self, board: Board, moved: Collection[tuple[str, str]]) -> None:
        """Take in what is different on a board."""
        if board.epoch != self.epoch:
            self.epoch = board.epoch
            self.histories = {}
            self.host_history = History()
            self._sampled_at_s = None
            self.plugins, self.problems, self.prompts = {}, {}, {}
            moved = {(topic, key) for topic, rows in board.picture.items() for key in rows}
        self.step += 1
        for topic, key in moved:
            if topic == PLUGINS:
                self._take_plugin(clean(key), board.plugin(key))
        if any(topic == PROBLEMS for topic, _ in moved):
            self.problems = {clean(key): cleaned(row) for key, row in board.problems().items()}
            self.states_step += 1
        if any(topic == PROMPTS for topic, _ in moved):
            self.prompts = {clean(key): cleaned(row, lines=True) for key, row in board.prompts().items()}
            self.states_step += 1
        if (HOST, "") in moved and board.host is not None:
            self.host = cleaned(board.host)

    def _take_plugin(self, key: str, row: PluginRow | None) -> None:
        before = self.plugins.get(key)
        if row is None:
            self.plugins.pop(key, None)
            self.histories.pop(key, None)
            self.states_step += 1
            return
        self.plugins[key] = row = cleaned(row)
        if before is None or before.state != row.state or before.reason != row.reason:
            self.states_step += 1

    def sample(self) -> None:
        """Add to the histories what is known now; once a second at most, however often it is called."""
        now_s = self.clock.wall()
        if self.link != "live" or (self._sampled_at_s is not None and now_s - self._sampled_at_s < 0.95):
            return
        self._sampled_at_s = now_s
        for key, row in self.plugins.items():
            past = self.histories.setdefault(key, History())
            past.cpu_cores.append(row.cpu_cores)
            past.memory_bytes.append(row.memory_bytes)
            past.calls_per_s.append(row.calls_per_s if row.pid is not None else None)
            past.p99_s.append(row.p99_s)
        if self.host is not None:
            self.host_history.cpu_cores.append(self.host.cpu_cores)
            self.host_history.memory_bytes.append(self.host.rss_bytes)
            self.host_history.calls_per_s.append(self.host.calls_per_s)
            self.host_history.p99_s.append(self.host.loop_lag_s)

    def live(self) -> None:
        """Say that the connection stands."""
        self.link, self.why, self.remedy, self.lost_at_s, self.tries = "live", "", "", None, 0
        self.step += 1

    def gone(self, why: str, remedy: str) -> None:
        """Say that there is no connection; what is known stays."""
        if self.lost_at_s is None:
            self.lost_at_s = self.clock.wall()
        # Before the first connection there is no picture that could be lost.
        self.link = "lost" if self.host is not None or self.plugins else "connecting"
        self.why, self.remedy = why, remedy
        self.tries += 1
        self.step += 1

    def open_problems(self) -> list[ProblemRow]:
        """Return the problems that nobody acknowledged or muted, the worst and then the newest first."""
        now_s = self.now_s
        rows = [
            row
            for row in self.problems.values()
            if not row.acknowledged and not (row.muted_until_s is not None and row.muted_until_s > now_s)
        ]
        return sorted(rows, key=lambda row: (row.severity != "error", -row.since_s, row.id))

    def quiet_problems(self) -> int:
        """Return how many problems there are that somebody acknowledged or muted."""
        return len(self.problems) - len(self.open_problems())

    def states(self) -> dict[str, int]:
        """Return how many plugins are in each state."""
        counts: dict[str, int] = {}
        for row in self.plugins.values():
            counts[row.state] = counts.get(row.state, 0) + 1
        return counts
