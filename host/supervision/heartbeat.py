"""Pings a plugin and decides when it no longer answers.

A miss is a ping without an answer in a window without any other sign of life. It does not count if the
host's own loop lagged or the machine was suspended, because then nobody knows whose fault it was.
"""

from collections.abc import Callable

import anyio

from host.clock import Clock
from host.timing import Timing
from protocol.errors import RpcError
from protocol.outgoing import DeadlinePassed
from protocol.peer import Peer

_SUSPENDED_S = 0.5


class Heartbeat:
    """Watches one session."""

    def __init__(
        self,
        peer: Peer,
        timing: Timing,
        clock: Clock,
        host_lag_s: Callable[[float], float],
        on_miss: Callable[[int], None],
        on_answer: Callable[[], None],
    ) -> None:
        """`on_miss` gets the number of misses in a row; `host_lag_s(window)` is the host's own worst lag."""
        self._peer = peer
        self._timing = timing
        self._clock = clock
        self._host_lag_s = host_lag_s
        self._on_miss = on_miss
        self._on_answer = on_answer

    async def run(self) -> None:
        """Ping until cancelled."""
        misses = 0
        while True:
            await anyio.sleep(self._timing.ping_every_s)
            counts, answered = await self._ping()
            if answered:
                misses = 0
                self._on_answer()
            elif counts:
                misses += 1
                self._on_miss(misses)

    async def _ping(self) -> tuple[bool, bool]:
        """Return whether a miss would count, and whether there was an answer or another sign of life."""
        outgoing = self._peer.outgoing
        signs = outgoing.life_signs
        suspended_s = self._clock.suspended()
        started_s = self._clock.monotonic()
        try:
            await outgoing.request("plugin.ping", b"{}", timeout_s=self._timing.ping_timeout_s, bounded=False)
        except DeadlinePassed:
            if outgoing.life_signs != signs:
                return True, True
        except RpcError:
            pass  # an error is an answer too
        else:
            return True, True
        if outgoing.life_signs != signs:
            return True, True
        took_s = self._clock.monotonic() - started_s
        lag_s = max(self._host_lag_s(took_s + 1.0), took_s - self._timing.ping_timeout_s)
        counts = lag_s < self._timing.host_lag_s and self._clock.suspended() - suspended_s < _SUSPENDED_S
        return counts, False
