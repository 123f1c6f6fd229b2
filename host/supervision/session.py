"""Session: one run of one plugin's process, from the spawn to the last of its descendants.

Assembles what process, wire and watchdog know into one story with one end. Decides nothing about what comes
after: that is the supervisor's. Runs behind its own border; nothing that a plugin does leaves it as an
exception.
"""

import logging
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import anyio
import msgspec

from host.clock import Clock
from host.errors import PluginDied
from host.facade import ExitFacts, Figures, Gateway
from host.ids import PluginId, SessionId
from host.permissions.policy import Grants
from host.process.exit_status import ExitStatus
from host.process.ladder import Ladder, Rung
from host.process.launcher import PluginProcess
from host.rpc import CallMeter, FaultMeter, FloodBudget, GrownPipes, HeldFrames, to_wire
from host.supervision.handshake import Provided, StartFailure, initialize, load
from host.supervision.liveness import Liveness, OnUnresponsive
from host.supervision.output import PluginLog, Stderr
from host.supervision.restart import Cause
from host.supervision.storm import StormGuard
from host.supervision.vitals import Vitals
from host.timing import Timing
from host.watchdog.limits import Breach, Judge
from host.watchdog.monitor import Monitor
from host.watchdog.sample import Sample
from protocol.errors import RpcError
from protocol.manifest import Manifest
from protocol.messages.meta import Progress
from protocol.peer import Peer
from protocol.polling import SERVER_BUDGET_S, Lingering, Polling

_NOT_STARTED = 127


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sessions of one host use."""

    timing: Timing
    clock: Clock
    gateway: Gateway
    monitor: Monitor
    storm: StormGuard
    held_frames: HeldFrames
    grown_pipes: GrownPipes
    live_count: Callable[[], int]
    polling: Polling


@dataclass(frozen=True, slots=True)
class Ended:
    """What a session leaves."""

    cause: Cause
    facts: ExitFacts
    healthy_s: float
    """How long it was active."""


class Session:
    """One run. `run` lives it; `stop`, `hasten` and `kill` end it."""

    def __init__(
        self,
        manifest: Manifest,
        session_id: SessionId,
        process: PluginProcess,
        config: Mapping[str, Any],
        grants: Grants,
        shared: Shared,
    ) -> None:
        """Take over the process's descriptors."""
        self.id = session_id
        self.plugin = PluginId(manifest.id)
        self._manifest = manifest
        self._process = process
        self._config = config
        self._grants = grants
        self._shared = shared
        self._timing = shared.timing
        self._clock = shared.clock
        self._logger = logging.getLogger(f"plugin.{manifest.id}")
        self.log = PluginLog(self.plugin, self._clock.monotonic)
        self._gate = shared.gateway.open(self.plugin, session_id, grants)
        self._faults = FaultMeter(self._clock.monotonic)
        self._stray = 0
        budget = FloodBudget(self._clock.monotonic)
        self.peer = Peer(
            process.stdout_fd,
            process.stdin_fd,
            self,
            self._gate.handle,
            to_wire,
            charge=budget.charge,
            may_hold=lambda size: shared.held_frames.may_hold(self, size),
            polling=shared.polling,
            grow=lambda fd: shared.grown_pipes.grow(self, fd),
        )
        if shared.polling.enabled:
            self.peer.linger(Lingering(SERVER_BUDGET_S))
        self._stderr = Stderr(process.stderr_fd, self.log, FloodBudget(self._clock.monotonic).charge)
        self._ladder = Ladder(process, self._timing, self.peer.close_writing)
        self._vitals = Vitals(manifest.limits, process, self._logger, self.peer.outgoing.stretch, self._end)
        self._tasks: anyio.abc.TaskGroup | None = None
        self._ending = anyio.Event()
        self._cause = Cause.HOST
        self._detail = "the host is closing"
        self._first_rung = Rung.CLOSE_STDIN
        self._graceful = False
        self._started_s = self._clock.monotonic()
        self._active_s: float | None = None
        self._ended_s: float | None = None
        self._provided = Provided(None, None)
        self._meter = CallMeter()
        self.record = self._meter.record

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
        self._vitals.observe(sample, breaches)

    # What the routing asks.

    @property
    def provided(self) -> Mapping[str, bool] | None:
        """Methods, and whether each is a stream; None if the plugin did not say."""
        return self._provided.methods

    # What the supervisor does.

    async def run(self, on_active: Callable[[], None], on_unresponsive: OnUnresponsive) -> Ended:
        """Live from the handshake to the end; return what happened.

        `on_active` is told once it is.
        """
        status = ExitStatus()
        survivors: tuple[int, ...] = ()
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                tasks.start_soon(self.peer.run)
                tasks.start_soon(self._stderr.run)
                tasks.start_soon(self._watch_exit)
                tasks.start_soon(self._vitals.run)
                tasks.start_soon(self._start_and_beat, on_active, on_unresponsive)
                try:
                    await self._ending.wait()
                finally:
                    with anyio.CancelScope(shield=True):
                        status = await self._wind_down()
                        survivors = await self._ladder.sweep(self._vitals.beside_root())
                tasks.cancel_scope.cancel()
        finally:
            self._shared.monitor.unwatch(self)
            self._shared.held_frames.release(self)
            self._shared.grown_pipes.release(self)
            self.peer.close(self._died)
            self._stderr.close()
            self._process.close_spec()
        healthy_s = 0.0 if self._active_s is None else (self._ended_s or self._now()) - self._active_s
        return Ended(self._cause, self._facts(status, survivors), healthy_s)

    def stop(self, *, cause: Cause = Cause.STOPPED, detail: str = "it was asked to stop") -> None:
        """End it with grace: drain, unload, then the ladder."""
        self._end(cause, detail, Rung.CLOSE_STDIN, graceful=True)

    def hasten(self) -> None:
        """Cut the present rung of the ladder short."""
        self._graceful = False
        self._ladder.hasten()

    def kill(self, *, cause: Cause = Cause.STOPPED, detail: str = "it was killed on request") -> None:
        """End it without grace."""
        self._end(cause, detail, Rung.KILL)
        self._first_rung = Rung.KILL
        self.hasten()
        self._process.signal(signal.SIGKILL)

    def figures(self) -> Figures:
        """Return what it uses now."""
        meter = self._meter
        outgoing = self.peer.outgoing
        counted = Figures(
            calls=meter.total,
            errors=meter.errors,
            in_flight=outgoing.in_flight,
            p50_s=meter.percentile_s(0.50),
            p99_s=meter.percentile_s(0.99),
            faults=self._faults.total,
            late=outgoing.late,
        )
        return self._vitals.add_to(counted)

    def uptime_s(self) -> float:
        """Seconds since the spawn."""
        return self._now() - self._started_s

    # What the peer tells.

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        """Hand a notification to the gate."""
        self._gate.notified(method, params)

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        """Count and log a fault; too many end the session."""
        if kind == "stray_output":
            self._stray += 1
            hint = "; its stdout is the wire, so let it print on stderr" if self._stray == 1 else ""
            self.log.write(logging.WARNING, f"{detail}{hint}", {"stream": "stdout", "text": _shown(head)})
            return
        self.log.write(logging.WARNING, f"{kind}: {detail}", {"frame": _shown(head)} if head else {})
        if self._faults.count(kind):
            detail = f"{self._faults.total} faults on the wire, the last: {detail}"
            self._end(Cause.PROTOCOL_FAULTS, detail, Rung.KILL)

    def on_end(self) -> None:
        """Its stdout ended, or it no longer reads: give the process a moment to end too."""
        if self._tasks is not None:
            self._tasks.start_soon(self._wait_for_silent_end)

    # The session's own tasks.

    async def _start_and_beat(self, on_active: Callable[[], None], on_unresponsive: OnUnresponsive) -> None:
        try:
            self._provided = await initialize(
                self.peer,
                self._manifest.id,
                self._manifest.version,
                self.id,
                self._timing,
                self._now() - self._started_s,
                self._shared.polling.enabled,
            )
            self._process.close_spec()
            self._shared.monitor.watch(self)
            await load(self.peer, self._config, self._grants.texts(), self._timing, self._progress)
        except StartFailure as exc:
            self._end(exc.cause, exc.message, Rung.TERMINATE)
            return
        except PluginDied:
            return  # its end is on its way to `_watch_exit`
        if self._ending.is_set():
            return
        self._active_s = self._now()
        on_active()
        liveness = Liveness(
            self.plugin,
            self.peer,
            self._process,
            self._timing,
            self._clock,
            self._shared.storm,
            self._shared.live_count,
            self._shared.monitor.lag_s,
            self._logger,
            self._end,
        )
        with suppress(PluginDied):  # it ended while a ping was under way
            await liveness.run(self._provided.stack_dump_signal, on_unresponsive)

    def _progress(self, progress: Progress) -> None:
        self._logger.info("loading: %s", progress.message[:200])

    async def _watch_exit(self) -> None:
        status = await self._process.wait_exited()
        self._ended_s = self._now()
        # What it wrote before it died is read first.
        self.peer.read_rest()
        self._stderr.read_rest()
        failure = self._process.start_failure() if status.code == _NOT_STARTED else ""
        if failure:
            self._end(Cause.REFUSED, f"its program could not be started: {failure}", Rung.CLOSE_STDIN)
        elif status == ExitStatus():
            self._end(Cause.HOST, "the warden was lost, and with it its plugins", Rung.CLOSE_STDIN)
        else:
            phase = "" if self._active_s is not None else " while it was starting"
            self._end(Cause.CRASHED, f"it {status}{phase}", Rung.CLOSE_STDIN)
        self.peer.close(self._died)

    async def _wait_for_silent_end(self) -> None:
        await anyio.sleep(self._timing.closed_wire_s)
        self._end(Cause.PROTOCOL_FAULTS, "it closed its side of the wire and went on running", Rung.TERMINATE)

    def _end(self, cause: Cause, detail: str, first_rung: Rung, *, graceful: bool = False) -> None:
        """Begin the end; the first cause is the one that counts."""
        if self._ending.is_set():
            return
        self._cause = cause
        self._detail = detail
        self._first_rung = first_rung
        self._graceful = graceful
        self._ending.set()

    async def _wind_down(self) -> ExitStatus:
        self._vitals.release()
        if self._graceful and self._active_s is not None and not self._process.exited.done():
            await self._drain()
            await self._unload()
        return await self._ladder.descend(self._first_rung)

    async def _drain(self) -> None:
        """Let calls under way end."""
        until_s = self._now() + self._timing.drain_s
        while self._graceful and self.peer.outgoing.in_flight and self._now() < until_s:
            if await self._ladder.wait(0.02):
                return

    async def _unload(self) -> None:
        if not self._graceful:
            return
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                try:
                    await self.peer.outgoing.request(
                        "plugin.unload", b"{}", timeout_s=self._timing.unload_s, bounded=False
                    )
                except RpcError as exc:
                    self.log.write(logging.WARNING, f"plugin.unload failed: {exc.message[:2_000]}")
                except PluginDied:
                    pass
                tasks.cancel_scope.cancel()

            tasks.start_soon(ask)
            await self._ladder.wait(self._timing.unload_s + 1.0)
            tasks.cancel_scope.cancel()

    # Facts.

    def _now(self) -> float:
        return self._clock.monotonic()

    def _died(self) -> Exception:
        facts = self._facts(
            self._process.exited.result() if self._process.exited.done() else ExitStatus(), ()
        )
        tail = "".join(f"\n  | {line}" for line in facts.stderr[-5:])
        last = f", last call {facts.last_method}" if facts.last_method else ""
        message = f"plugin {self.plugin!r} {facts.exit_text} after {facts.uptime_s:.1f} s{last}{tail}"
        return PluginDied(
            message,
            plugin=self.plugin,
            exit_code=facts.code,
            signal=facts.signal,
            uptime_s=facts.uptime_s,
            last_method=facts.last_method,
            stderr=facts.stderr[-5:],
        )

    def _facts(self, status: ExitStatus, survivors: tuple[int, ...]) -> ExitFacts:
        peak = max(status.peak_rss_bytes or 0, self._vitals.seen_rss_bytes())
        return ExitFacts(
            cause=self._cause.value,
            detail=self._detail,
            exit_text=str(status),
            code=status.code,
            signal=status.signal_name,
            uptime_s=(self._ended_s or self._now()) - self._started_s,
            last_method=self.peer.outgoing.last_method,
            peak_memory_bytes=peak or None,
            cpu_s=status.cpu_s,
            stderr=self._stderr.tail(),
            survivors=survivors,
        )


def _shown(head: bytes) -> str:
    return head.decode(errors="replace")
