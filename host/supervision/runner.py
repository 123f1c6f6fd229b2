"""Runner: keeps one plugin running, from the start that began it to its rest.

Owns the loop: a place among those that start, a session, what the restart policy says of its end, the delay
before the next one. There is one runner for each stretch between two rests, and none while the plugin rests;
whoever wants something meanwhile (the supervisor's verbs) tells it to `join` or to `stop`. Says to the
condition what the plugin becomes.
"""

import logging
from collections.abc import Callable

import anyio

from host.errors import LoadFailed, LoadRefused, NotActive, StateError
from host.facade import ExitFacts
from host.ids import new_incident_id
from host.process.launcher import SpawnError
from host.supervision.attempt import Attempt
from host.supervision.condition import Condition
from host.supervision.environment import Environment
from host.supervision.obituary import Ended
from host.supervision.registries import shown_faults
from host.supervision.relay import Relay
from host.supervision.restart import Cause, GiveUp, Quarantine, RestartPolicy, Retry, Stay
from host.supervision.spawner import Spawner
from host.supervision.standing import Standing
from host.supervision.start_slot import StartSlot
from host.supervision.states import UNDER_WAY, State

logger = logging.getLogger(__name__)

NO_PROCESS = "it only contributes, and has no process"
"""Why a plugin without a program is active and has no session."""


class Runner:
    """One stretch of one plugin's life. `run` lives it; `join` and `stop` are what others want of it."""

    def __init__(
        self,
        spawner: Spawner,
        condition: Condition,
        standing: Standing,
        policy: RestartPolicy,
        environment: Environment,
    ) -> None:
        self.stopping = False
        """Whether it was told to stop."""
        self.ended = anyio.Event()
        """Set by whoever runs it, once the plugin rests."""
        self._plugin = condition.plugin
        self._spawner = spawner
        self._condition = condition
        self._standing = standing
        self._policy = policy
        self._env = environment
        self._attempt = Attempt()
        self._pause = anyio.CancelScope()
        """What it waits in before a session: for a slot, or for the end of a delay."""
        self._relay: Relay | None = None
        self._given_up: tuple[State, str, StateError] | None = None
        """Where it rests because it must not go on, why, and what those are told who wait for it."""

    @property
    def starting(self) -> bool:
        """Whether somebody waits for it to become active."""
        return not self._attempt.finished

    @property
    def handing_over(self) -> Attempt | None:
        """The handover that is under way; None if none is."""
        handover = None if self._relay is None else self._relay.handover
        return None if handover is None else handover.attempt

    def join(self) -> Attempt:
        """Return the present way to `active`; a delay before it is cut short."""
        if self._attempt.finished:
            self._attempt = Attempt()
        if self._condition.state is State.BACKOFF:
            self._pause.cancel()
        return self._attempt

    def stop(self, *, hurry: bool) -> None:
        """Begin the end; a second call goes on to the next rung of the ladder, `hurry` to the last."""
        again, self.stopping = self.stopping, True
        self._pause.cancel()
        if self._condition.state in (State.LOADING, State.ACTIVE, State.UNRESPONSIVE):
            self._condition.become(State.UNLOADING)
        if self._relay is not None:
            self._relay.stop(hurry=hurry, again=again)

    def hand_over(self, spawner: Spawner, switched: Callable[[], None]) -> Attempt:
        """Let a new run take over from the one that serves; `switched` is told in the turn of the switch."""
        relay = self._relay
        assert relay is not None

        def told() -> None:
            self._spawner = spawner
            switched()

        if not spawner.manifest.has_program:
            told()
            attempt = Attempt()
            attempt.finish(None)
            return attempt
        return relay.hand_over(spawner, told)

    async def run(self) -> None:
        """Keep the plugin running until it is to stop, or must not go on; then it rests."""
        try:
            # Also those runs live in here that may take over, and those that were replaced.
            async with anyio.create_task_group() as runs:
                self._relay = Relay(runs, self._condition, self._env, self._unresponsive)
                await self._keep_running(self._relay)
                self._relay.stop(hurry=False, again=False)
        finally:
            self._relay = None
            self._condition.retry_after(None)
            # All in the turn in which it rests: whoever hears of it may start it anew at once.
            refusal: StateError | None = None
            if self._given_up is not None and not self.stopping:
                state, reason, refusal = self._given_up
                self._condition.become(state, reason)
            elif self._condition.state in UNDER_WAY:
                self._condition.become(self._standing.at_rest)
            stopped = f"plugin {self._plugin!r} was stopped while it started"
            self._attempt.finish(refusal or NotActive(stopped, plugin=self._plugin))

    async def _keep_running(self, relay: Relay) -> None:
        try:
            while not self.stopping and await self._run_once(relay):
                pass
        except Exception as exc:
            # The border: what nobody expected becomes this plugin's error.
            incident = new_incident_id()
            logger.exception(
                "running %s failed unexpectedly", self._plugin, extra={"fields": {"incident": incident}}
            )
            self._fail(
                f"the host failed unexpectedly ({type(exc).__name__}); incident {incident}",
                remedy="look the incident up in the log",
            )

    async def _run_once(self, relay: Relay) -> bool:
        """Run a session and do what the restart policy says of its end; tell whether to go on."""
        ended = await relay.over() if relay.serves else await self._live(relay)
        if ended is None:
            return False
        facts = self._condition.last_exit = ended.facts
        if facts.survivors:
            logger.error(
                "descendants survived", extra={"fields": {"plugin": self._plugin, "pids": facts.survivors}}
            )
        cause = Cause.STOPPED if self.stopping else ended.cause
        next_ = self._policy.ended(cause, healthy_for_s=ended.healthy_s, detail=facts.detail)
        if relay.serves and not self.stopping:
            return True  # another run took over at the very moment
        match next_:
            case Stay():
                return False
            case GiveUp():
                self._fail(facts.detail, remedy="mend what the reason says, then load it")
                return False
            case Quarantine(reason):
                await self._quarantine(reason)
                return False
            case Retry(after_s, attempt):
                if relay.handover is not None:
                    self._condition.become(State.BACKOFF, facts.detail)
                    self._condition.become(State.LOADING, f"a new run is on its way: {facts.detail}")
                    if await relay.rescued() or self.stopping:
                        return True
                await self._back_off(after_s, facts, counts=attempt > 0)
                return True

    async def _live(self, relay: Relay) -> Ended | None:
        """Run a session to its end; None if it was stopped before it had a process, or never has one."""
        self._condition.become(State.LOADING)
        if not self._spawner.manifest.has_program:
            await self._contribute()
            return None
        slot = StartSlot(self._env.start_slots)
        with anyio.CancelScope() as self._pause:
            await slot.take()
        if self._pause.cancelled_caught:
            return None

        def active() -> None:
            slot.free()
            self._condition.become(State.ACTIVE)
            self._attempt.finish(None)

        try:
            await relay.start(self._spawner, active, lambda: self.stopping)
            return await relay.over()
        except SpawnError as exc:
            return Ended(Cause.LOAD_FAILED, _no_process(f"it could not be started: {exc}"), 0.0)
        finally:
            slot.free()

    async def _contribute(self) -> None:
        """Be active without a process, until it is to stop."""
        # In the turn in which it becomes active, so that nobody takes its names in between.
        if faults := [*self._env.contributions.standing_faults(self._spawner.manifest)]:
            self._fail(shown_faults(faults), remedy="mend what the reason says, then load it")
            return
        self._condition.become(State.ACTIVE, NO_PROCESS)
        self._attempt.finish(None)
        with anyio.CancelScope() as self._pause:
            await anyio.sleep_forever()

    def _unresponsive(self, is_so: bool, why: str) -> None:
        if is_so and self._condition.state is State.ACTIVE:
            self._condition.become(State.UNRESPONSIVE, why)
        elif not is_so and self._condition.state is State.UNRESPONSIVE:
            self._condition.become(State.ACTIVE)

    async def _back_off(self, after_s: float, facts: ExitFacts, *, counts: bool) -> None:
        """Wait before the next session; `counts` has the storm guard spread it among the others' too."""
        self._condition.retry_after(after_s)
        self._condition.become(State.BACKOFF, facts.detail)
        tail = "".join(f"\n  | {line}" for line in facts.stderr[-5:])
        self._attempt.finish(
            LoadFailed(
                f"plugin {self._plugin!r} did not become active: {facts.detail}{tail}",
                remedy=f"the host tries again in {after_s:.1f} s",
                plugin=self._plugin,
            )
        )
        while after_s > 0.0:
            with anyio.CancelScope() as self._pause:
                await anyio.sleep(after_s)
            if self._pause.cancelled_caught or not counts:
                break
            after_s = self._env.shared.storm.restart_delay_s()
            self._condition.retry_after(after_s)
        self._condition.retry_after(None)

    async def _quarantine(self, reason: str) -> None:
        try:
            await self._standing.enter_quarantine(reason)
        except OSError as exc:
            logger.error(
                "a quarantine could not be kept; it ends with this host",
                extra={"fields": {"plugin": self._plugin, "fault": str(exc)}},
            )
        self._given_up = State.QUARANTINED, reason, self._standing.quarantined_error()

    def _fail(self, detail: str, *, remedy: str) -> None:
        message = f"plugin {self._plugin!r} can't become active: {detail}"
        self._given_up = State.ERROR, detail, LoadRefused(message, remedy=remedy, plugin=self._plugin)


def _no_process(detail: str) -> ExitFacts:
    return ExitFacts("load_failed", detail, "", None, None, 0.0, "", None, None, ())
