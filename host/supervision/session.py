"""Session: one run of one plugin's process, from the spawn to the last of its descendants.

Assembles what process, wire and watchdog know into one story with one end: the ending says why, the wind-down
brings it about, the obituary tells it. Decides nothing about what comes after: that is the runner's. Runs
behind its own border; nothing that a plugin does leaves it as an exception.
"""

import logging
import signal
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any

import anyio
import msgspec

from host.errors import PluginDied
from host.facade import Figures, Unfinished
from host.ids import PluginId, SessionId
from host.logs import clean
from host.masking import known
from host.permissions.policy import Grants
from host.process.exit_status import ExitStatus
from host.process.ladder import Rung
from host.process.launcher import PluginProcess
from host.rpc import CallMeter, FloodBudget, to_wire
from host.supervision.ending import Ending
from host.supervision.entrance import Entrance
from host.supervision.exit_watch import watch_exit
from host.supervision.handshake import StartFailure, initialize, load, prove_healthy
from host.supervision.liveness import Liveness
from host.supervision.obituary import Ended, Obituary
from host.supervision.output import PluginLog, Stderr
from host.supervision.restart import Cause
from host.supervision.shared import Shared
from host.supervision.vitals import Vitals
from host.supervision.wind_down import WindDown
from host.supervision.wire_faults import WireFaults
from host.watchdog.limits import Breach, Judge
from host.watchdog.sample import Sample
from protocol.manifest import Manifest
from protocol.messages.meta import Progress
from protocol.messages.provides import Provides
from protocol.peer import Peer
from protocol.polling import SERVER_BUDGET_S, Lingering


class Session:
    """One run. `run` lives it; `stop`, `hasten` and `kill` end it."""

    def __init__(
        self,
        manifest: Manifest,
        session_id: SessionId,
        process: PluginProcess,
        config: Callable[[Provides], Mapping[str, Any]],
        grants: Grants,
        shared: Shared,
    ) -> None:
        """Take over the process's descriptors. `config` is asked when it is loaded."""
        self.id = session_id
        self.plugin = PluginId(manifest.id)
        self.grants = grants
        self.manifest = manifest
        self.call_s = manifest.limits.call_timeout_s or shared.timing.call_s
        self._process = process
        self._config = config
        self._shared = shared
        now = shared.clock.monotonic
        self._track = track = shared.tracks.track(self.plugin)
        self.log = PluginLog(self.plugin, now, track)
        self._gate = shared.gateway.open(self.plugin, session_id, grants)
        self.peer = Peer(
            process.stdout_fd,
            process.stdin_fd,
            self,
            self._gate.handle,
            to_wire,
            charge=FloodBudget(now).charge,
            may_hold=lambda size: shared.held_frames.may_hold(self, size),
            polling=shared.polling,
            grow=lambda fd: shared.grown_pipes.grow(self, fd),
            on_served=track.served,
        )
        if shared.polling.enabled:
            self.peer.linger(Lingering(SERVER_BUDGET_S))
        self._stderr = Stderr(process.stderr_fd, self.log, FloodBudget(now).charge)
        self._ending = ending = Ending()
        self._faults = WireFaults(self.log, now, ending.begin)
        self._wind_down = WindDown(ending, self.peer, process, self.log, shared.timing, now)
        outgoing = self.peer.outgoing
        self._vitals = Vitals(manifest.limits, process, self.log, outgoing.stretch, self._start, ending.begin)
        self._obituary = Obituary(self.plugin, process, outgoing, self._stderr, self._vitals, ending, now)
        self._tasks: anyio.abc.TaskGroup | None = None
        self.provided: Mapping[str, bool] | None = None
        """Methods, and whether each is a stream; None if the plugin did not say."""
        self.provides = Provides()
        """What else it provides."""
        self.meter = CallMeter(track.calls, track.counts, track.failures)
        """Calls into this run."""
        self.record = self.meter.record
        self.in_force = True
        """Whether it is the plugin's run, and neither about to take over nor replaced."""
        self.timings: dict[str, float] = {}
        """Seconds that its start took, by phase: `spawn handshake load`, as far as it came."""

    # What the watchdog asks.

    @property
    def session_id(self) -> str:
        """This session's id."""
        return self.id

    @property
    def pid(self) -> int:
        """The process's pid."""
        return self._process.pid

    @property
    def judge(self) -> Judge:
        """What samples of it are held against."""
        return self._vitals.judge

    def observe(self, sample: Sample, breaches: list[Breach]) -> None:
        """Take a sample."""
        if self.in_force:
            self._track.sample(sample, self._vitals.throttled_to)
        self.log.settle()
        self._vitals.observe(sample, breaches)

    # What the runner does.

    async def run(self, entrance: Entrance) -> Ended:
        """Live from the handshake to the end; return what happened."""
        status = ExitStatus()
        survivors: tuple[int, ...] = ()
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                tasks.start_soon(self.peer.run)
                tasks.start_soon(self._stderr.run)
                tasks.start_soon(
                    watch_exit, self._process, self.peer, self._stderr, self._obituary, self._ending
                )
                tasks.start_soon(self._start_and_beat, entrance)
                try:
                    await self._ending.begun.wait()
                finally:
                    with anyio.CancelScope(shield=True):
                        self._vitals.release()
                        status = await self._wind_down.run(was_active=self._obituary.was_active)
                        survivors = await self._wind_down.sweep(self._vitals.beside_root())
                tasks.cancel_scope.cancel()
        finally:
            self._shared.registries.leave(self)
            self._shared.monitor.unwatch(self)
            self._shared.held_frames.release(self)
            self._shared.grown_pipes.release(self)
            self.peer.close(self._obituary.died)
            self._stderr.close()
            self.log.settle(end=True)
            self._process.close_spec()
        return self._obituary.ended(status, survivors)

    def stop(self, *, cause: Cause = Cause.STOPPED, detail: str = "it was asked to stop") -> None:
        """End it with grace: drain, unload, then the ladder."""
        self._ending.begin(cause, detail, Rung.CLOSE_STDIN, graceful=True)

    def retire(self, unfinished: Unfinished) -> None:
        """End it with grace: another run took over. `unfinished` tells whether it has events to handle."""
        self.in_force = False
        self._wind_down.replaced(unfinished)
        self.stop(detail="a new run took over from it")

    def hasten(self) -> None:
        """Cut the present rung of the ladder short."""
        self._wind_down.hasten()

    def kill(self, *, cause: Cause = Cause.STOPPED, detail: str = "it was killed on request") -> None:
        """End it without grace."""
        self._ending.begin(cause, detail, Rung.KILL)
        self._ending.sharpen()
        self._wind_down.hasten()
        self._process.signal(signal.SIGKILL)

    # What a view shows.

    @property
    def memory_bytes(self) -> int | None:
        """What its process tree holds; None before the first sweep."""
        return self._vitals.memory_bytes

    @property
    def lost_lines(self) -> int:
        """Log lines that were left out so far."""
        return self.log.dropped

    def figures(self) -> Figures:
        """Return what it uses now."""
        meter = self.meter
        outgoing = self.peer.outgoing
        return self._vitals.figures(
            calls=meter.total,
            errors=meter.errors,
            in_flight=outgoing.in_flight,
            p50_s=meter.percentile_s(0.50),
            p99_s=meter.percentile_s(0.99),
            faults=self._faults.total,
            late=outgoing.late,
        )

    def uptime_s(self) -> float:
        """Seconds since the spawn."""
        return self._obituary.uptime_s()

    # What the peer tells.

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        """Hand a notification to the gate."""
        self._gate.notified(method, params)

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        """Count and log a fault; too many end the session."""
        self._faults.take(kind, detail, head)

    def on_end(self) -> None:
        """Its stdout ended, or it no longer reads: give the process a moment to end too."""
        self._start(self._wait_for_silent_end)

    # The session's own tasks.

    def _start(self, task: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._tasks is not None:
            self._tasks.start_soon(task)

    async def _start_and_beat(self, entrance: Entrance) -> None:
        manifest, shared = self.manifest, self._shared
        spent_s = self._obituary.uptime_s()
        try:
            about = await initialize(
                self.peer,
                manifest,
                self.id,
                shared.timing,
                spent_s,
                # Waiting awake is counted as use: a plugin that may not have a core is not to spend it so.
                shared.polling.enabled and self.manifest.limits.cpu_cores >= 1.0,
            )
            self.timings["handshake"] = self._obituary.uptime_s() - spent_s
            self.provided = about.methods
            self.provides = about.provides
            self._process.close_spec()
            if refusal := entrance.take_in(self):
                raise StartFailure(Cause.REFUSED, f"what it provides can't be taken: {refusal}")
            shared.monitor.watch(self)
            joined_s = self._obituary.uptime_s()
            await load(
                self.peer, self._config(self.provides), self.grants.texts(), shared.timing, self._progress
            )
            self.timings["load"] = self._obituary.uptime_s() - joined_s
            if entrance.proves:
                await prove_healthy(self.peer, shared.timing)
        except StartFailure as exc:
            self._ending.begin(exc.cause, exc.message, Rung.TERMINATE)
            return
        except PluginDied:
            return  # its end is on its way to `_watch_exit`
        if self._ending.begun.is_set():
            return
        self._obituary.became_active()
        entrance.active()
        liveness = Liveness(
            self.plugin,
            self.peer,
            self._process,
            shared.timing,
            shared.clock,
            shared.storm,
            shared.live_count,
            shared.monitor.lag_s,
            self.log,
            self._ending.begin,
        )
        with suppress(PluginDied):  # it ended while a ping was under way
            await liveness.run(about.stack_dump_signal, entrance.unresponsive)

    def _progress(self, progress: Progress) -> None:
        self.log.write(logging.INFO, f"loading: {clean(known.beginning(progress.message, 1_000))}")

    async def _wait_for_silent_end(self) -> None:
        await anyio.sleep(self._shared.timing.closed_wire_s)
        detail = "it closed its side of the wire and went on running"
        self._ending.begin(Cause.PROTOCOL_FAULTS, detail, Rung.TERMINATE)
