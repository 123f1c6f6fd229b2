"""One ping, and whether a missing answer may be held against the plugin.

A miss is a ping without an answer in a window without any other sign of life. It does not count if the
host's own loop lagged or the machine was suspended, because then nobody knows whose fault it was.
"""

from collections.abc import Callable

from host.clock import Clock
from host.timing import Timing
from protocol.errors import RpcError
from protocol.peer import Peer

SUSPENDED_S = 0.5
"""Suspension of the machine within one ping's window at which a miss does not count."""

_LAG_MARGIN_S = 1.0


class Heartbeat:
    """Pings one session."""

    def __init__(
        self, peer: Peer, timing: Timing, clock: Clock, host_lag_s: Callable[[float], float]
    ) -> None:
        """`host_lag_s(window)` is the host's own worst lag in the last `window` seconds."""
        self._peer = peer
        self._timing = timing
        self._clock = clock
        self._host_lag_s = host_lag_s

    async def beat(self) -> tuple[bool, bool]:
        """Ping once; return whether a miss would count, and whether there was any sign of life."""
        outgoing = self._peer.outgoing
        signs = outgoing.life_signs
        suspended_s = self._clock.suspended()
        started_s = self._clock.monotonic()
        try:
            await outgoing.request("plugin.ping", b"{}", timeout_s=self._timing.ping_timeout_s, bounded=False)
        except RpcError:
            pass  # a deadline; or an error, which is an answer too and counts among the signs
        if outgoing.life_signs != signs:
            return True, True
        lag_s = self._host_lag_s(self._clock.monotonic() - started_s + _LAG_MARGIN_S)
        suspended_s = self._clock.suspended() - suspended_s
        return lag_s < self._timing.host_lag_s and suspended_s < SUSPENDED_S, False
