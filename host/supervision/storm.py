"""Storm guard: keeps the host's own trouble from looking like that of its plugins.

Owns two host-wide bounds: nobody is restarted for missed pings while many miss them at once, and restarts are
spread out. Pure but for the injected clock; one per host, asked by each plugin's pings and runner.
"""

from collections import deque
from itertools import takewhile

from host.clock import Clock

WINDOW_S = 13.0
"""Seconds for which a missed ping counts: a ping's interval and the time that it has for its answer."""

STORM_PLUGINS = 3
"""Plugins that must miss a ping in one window before it is a storm."""

STORM_SHARE = 0.2
"""Share of the live plugins that must be exceeded as well."""

MAX_RESTARTS = 10
"""Restarts, host-wide, in any `RESTART_WINDOW_S`."""

RESTART_WINDOW_S = 10.0
"""Seconds for which a restart counts."""

MAX_PARALLEL_STARTS = 4
"""Plugins that may be starting at the same time; the environment holds a limiter of this size."""


class StormGuard:
    """Sees the pings and restarts of all plugins."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._missed: dict[str, float] = {}
        """When each plugin missed last, the longest ago first."""
        self._restarts: deque[float] = deque()

    def missed(self, plugin: str) -> None:
        """Note that the plugin missed a ping now."""
        self._missed.pop(plugin, None)
        self._missed[plugin] = self._clock.monotonic()

    def answered(self, plugin: str) -> None:
        """Note that the plugin answered, so that its misses count no more."""
        self._missed.pop(plugin, None)

    def may_restart_unresponsive(self, live: int) -> bool:
        """Whether missed pings speak against the plugin; False while they speak against the host.

        `live`: how many plugins are pinged at present.
        """
        now_s = self._clock.monotonic()
        for plugin in [*takewhile(lambda one: now_s - self._missed[one] >= WINDOW_S, self._missed)]:
            del self._missed[plugin]
        return len(self._missed) < STORM_PLUGINS or len(self._missed) <= STORM_SHARE * live

    def restart_delay_s(self) -> float:
        """Book a restart now and return 0, or return for how long to wait before asking again."""
        now_s = self._clock.monotonic()
        while self._restarts and now_s >= self._restarts[0] + RESTART_WINDOW_S:
            self._restarts.popleft()
        if len(self._restarts) < MAX_RESTARTS:
            self._restarts.append(now_s)
            return 0.0
        return self._restarts[0] + RESTART_WINDOW_S - now_s
