"""Liveness: what is made of a plugin's pings: it answers, it misses some, it is unresponsive.

Before it gives a plugin up it has the plugin write its stacks, and asks whether many plugins miss at once:
then the machine is overloaded, and restarting them would make it worse.
"""

import signal
from collections.abc import Callable

import anyio

from host.clock import Clock
from host.ids import PluginId
from host.process.ladder import Rung
from host.process.launcher import PluginProcess
from host.supervision.heartbeat import Heartbeat
from host.supervision.output import PluginLog
from host.supervision.restart import Cause
from host.supervision.storm import StormGuard
from host.supervision.vitals import End
from host.timing import Timing
from protocol.peer import Peer

OnUnresponsive = Callable[[bool, str], None]
"""Told `(True, why)` when a plugin stops answering, `(False, "")` when it answers again."""


class Liveness:
    """One session's pings, from when it is active."""

    def __init__(
        self,
        plugin: PluginId,
        peer: Peer,
        process: PluginProcess,
        timing: Timing,
        clock: Clock,
        storm: StormGuard,
        live_count: Callable[[], int],
        host_lag_s: Callable[[float], float],
        log: PluginLog,
        end: End,
    ) -> None:
        self._plugin = plugin
        self._peer = peer
        self._process = process
        self._timing = timing
        self._storm = storm
        self._live_count = live_count
        self._log = log
        self._end = end
        self._heartbeat = Heartbeat(peer, timing, clock, host_lag_s)

    async def run(self, stack_dump_signal: str | None, on_unresponsive: OnUnresponsive) -> None:
        """Ping until the plugin has to be given up, or until cancelled."""
        misses = 0
        while True:
            await anyio.sleep(self._timing.ping_every_s)
            counts, answered = await self._heartbeat.beat()
            if answered:
                self._storm.answered(self._plugin)
                if misses:
                    misses = 0
                    on_unresponsive(False, "")
            elif counts:
                misses += 1
                self._storm.missed(self._plugin)
                if misses < self._timing.ping_misses:
                    self._log.warning("no answer to a ping", {"misses": misses})
                elif await self._give_up(misses, stack_dump_signal, on_unresponsive):
                    return

    async def _give_up(
        self, misses: int, stack_dump_signal: str | None, on_unresponsive: OnUnresponsive
    ) -> bool:
        unanswered = [name for name in self._peer.outgoing.unanswered() if name != "plugin.ping"]
        where = "event loop blocked"
        if unanswered:
            where += f" in {unanswered[-1]}"
        elif self._peer.outgoing.last_method:
            where += f", last call {self._peer.outgoing.last_method}"
        on_unresponsive(True, where)
        if not self._storm.may_restart_unresponsive(self._live_count()):
            self._log.error("host_overloaded: several plugins miss their pings at once; none is restarted")
            return False
        if stack_dump_signal is not None:
            self._process.signal(signal.Signals[stack_dump_signal], group=False)
            await anyio.sleep(self._timing.stack_dump_s)
        self._end(Cause.UNRESPONSIVE, f"{where}: {misses} pings in a row had no answer", Rung.KILL)
        return True
