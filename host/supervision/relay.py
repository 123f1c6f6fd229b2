"""Relay: the runs of one plugin that live at the same time, and how one takes over from another.

Usually there is one run, which serves. In a handover a new one starts beside it, up to its health check. In
one turn of the loop the traffic moves over; the former run ends what it had begun, unloads and goes. Where
the new run fails before that, the one that serves is not touched.

Owns all of them, and that none is left when the plugin rests. What follows the end of the run that serves is
the runner's, whose task group they live in.
"""

import logging
from collections.abc import Callable
from typing import Final

import anyio
import anyio.abc

from host.errors import HandoverFailed, HostClosed, NotActive, PlughostError
from host.ids import new_incident_id
from host.process.launcher import SpawnError
from host.supervision.attempt import Attempt
from host.supervision.condition import Condition
from host.supervision.entrance import Entrance
from host.supervision.environment import Environment
from host.supervision.liveness import OnUnresponsive
from host.supervision.obituary import Ended
from host.supervision.session import Session
from host.supervision.spawner import Spawner
from host.supervision.start_slot import StartSlot
from host.supervision.states import State

logger = logging.getLogger(__name__)

MAX_FORMER: Final = 3
"""Former runs that may still end what they had begun; of more the oldest is hastened."""

SHOWN_LINES: Final = 10
"""Last lines of an exception, or of stderr, that the error of a handover shows."""


class Handover:
    """One way of a new run to take over; many may wait for its outcome."""

    def __init__(self, spawner: Spawner, predecessor: Session, switched: Callable[[], None]) -> None:
        """`switched` is told in the turn of the switch, before anybody else."""
        self.spawner = spawner
        self.predecessor = predecessor
        self.switched = switched
        self.attempt = Attempt()
        self.stopped = False
        self.pause = anyio.CancelScope()
        """What it waits in for its turn to start."""


class Relay:
    """Of one plugin, from a start to its rest."""

    def __init__(
        self,
        tasks: anyio.abc.TaskGroup,
        condition: Condition,
        environment: Environment,
        unresponsive: OnUnresponsive,
    ) -> None:
        self._tasks = tasks
        self._condition = condition
        self._env = environment
        self._unresponsive = unresponsive
        self._serving: Session | None = None
        self._over = anyio.Event()
        self._outcome: Ended | Exception | None = None
        self.handover: Handover | None = None
        """The one that is under way, up to the switch."""

    @property
    def serves(self) -> bool:
        """Whether there is a run that serves, or will once it is loaded."""
        return self._serving is not None

    async def start(self, spawner: Spawner, active: Callable[[], None], stopped: Callable[[], bool]) -> None:
        """Start the run that serves; `over` waits for its end.

        Raises:
            SpawnError: There is no process.
        """
        session = await spawner.spawn()
        # No await up to the session's own scope, or a cancellation would leak the process.
        self._serving = self._condition.session = session
        self._over = anyio.Event()
        if stopped():
            session.kill(detail="it was stopped while it started")
        registries = self._env.shared.registries

        def is_active() -> None:
            active()
            registries.activated(session)

        entrance = Entrance(registries.join, is_active, self._heard_by(session))
        self._tasks.start_soon(self._live, session, spawner, entrance)

    async def over(self) -> Ended:
        """Wait for the end of the run that serves, whichever that is by then; return what it leaves."""
        await self._over.wait()
        outcome = self._outcome
        assert outcome is not None
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def hand_over(self, spawner: Spawner, switched: Callable[[], None]) -> Attempt:
        """Let a new run take over from the one that serves; joins the handover that is under way.

        The attempt is finished with HandoverFailed where the new run did not come so far.
        """
        if self.handover is None:
            assert self._serving is not None
            self.handover = Handover(spawner, self._serving, switched)
            self._tasks.start_soon(self._take_over, self.handover)
        return self.handover.attempt

    async def rescued(self) -> bool:
        """Tell whether a new run that is on its way takes the place of the one that served, and ended."""
        if self.handover is not None:
            await self.handover.attempt.settled()
        return self.serves

    def stop(self, *, hurry: bool, again: bool) -> None:
        """Begin the end of all; `again` goes on to the next rung of the ladder, `hurry` to the last."""
        if self.handover is not None:
            self.handover.stopped = True
            self.handover.pause.cancel()
        for session in self._condition.sessions():
            if hurry:
                session.kill()
            elif again or session in self._condition.former:
                session.hasten()
            else:
                session.stop()

    # Inside.

    async def _live(self, session: Session, spawner: Spawner, entrance: Entrance) -> Ended | Exception:
        """Run a session to its end."""
        outcome: Ended | Exception = HostClosed("this host is closing")
        try:
            outcome = await session.run(entrance)
        except Exception as exc:  # noqa: BLE001 - the border of a run; the runner, or the handover, tells it
            outcome = exc
        finally:
            spawner.buried(session)
            self._condition.forget(session)
            if session is self._serving:
                self._serving, self._outcome = None, outcome
                self._over.set()
        return outcome

    async def _take_over(self, handover: Handover) -> None:
        slot = StartSlot(self._env.start_slots)
        try:
            with anyio.CancelScope() as handover.pause:
                if not handover.stopped:
                    await slot.take()
            if handover.pause.cancelled_caught or handover.stopped:
                return
            session = await handover.spawner.spawn()
            session.in_force = False
            self._condition.successor = session
            if handover.stopped:
                session.kill(detail="its plugin was stopped while it started")

            def switch() -> None:
                slot.free()
                self._switch(session, handover)

            entrance = Entrance(
                self._env.shared.registries.wait, switch, self._heard_by(session), proves=True
            )
            outcome = await self._live(session, handover.spawner, entrance)
            if not handover.attempt.finished:
                handover.attempt.finish(self._failure(handover, session, outcome))
        except SpawnError as exc:
            handover.attempt.finish(self._failed(f"it could not be started: {exc}"))
        except Exception as exc:
            # The border: what nobody expected must not take the run along that serves.
            incident = new_incident_id()
            logger.exception(
                "a handover of %s failed unexpectedly",
                self._condition.plugin,
                extra={"fields": {"incident": incident}},
            )
            handover.attempt.finish(
                self._failed(f"the host failed unexpectedly ({type(exc).__name__}); incident {incident}")
            )
        finally:
            slot.free()
            if self.handover is handover:
                self.handover = None
            handover.attempt.finish(self._stopped())

    def _switch(self, session: Session, handover: Handover) -> None:
        """Move everything over. No await in here: everybody sees the one run, or the other."""
        condition, old = self._condition, handover.predecessor
        is_there = old is self._serving
        if not is_there:
            self._over = anyio.Event()
        self._serving = session
        self.handover = None
        handover.switched()
        session.in_force = True
        condition.succeed(session)
        unfinished = self._env.shared.registries.succeed(session, old)
        session.log.info(f"it took over from the run with pid {old.pid}")
        self._env.replaced(condition.plugin, session.pid, old.pid)
        if is_there:
            condition.former.append(old)
            old.retire(unfinished)
            for one in condition.former[:-MAX_FORMER]:
                one.hasten()
        handover.attempt.finish(None)

    def _heard_by(self, session: Session) -> OnUnresponsive:
        """Return who is told that a run misses its pings: nobody, while it is not the one that serves."""

        def told(is_so: bool, why: str) -> None:
            if session is self._serving:
                self._unresponsive(is_so, why)

        return told

    def _failure(self, handover: Handover, session: Session, outcome: Ended | Exception) -> PlughostError:
        if handover.stopped:
            return self._stopped()
        if isinstance(outcome, Exception):
            raise outcome
        # Where it failed: in the exception that it logged, or what it wrote as it went.
        lines = session.log.last_exception.splitlines() or outcome.facts.stderr
        tail = "".join(f"\n  | {line}" for line in lines[-SHOWN_LINES:])
        session.log.error(f"it did not take over: {outcome.facts.detail}")
        return self._failed(f"{outcome.facts.detail}{tail}")

    def _failed(self, detail: str) -> HandoverFailed:
        plugin = self._condition.plugin
        stays = "the run that serves goes on" if self.serves else "the run that served has ended"
        return HandoverFailed(f"plugin {plugin!r} was not reloaded, {stays}: {detail}", plugin=plugin)

    def _stopped(self) -> NotActive:
        plugin = self._condition.plugin
        return NotActive(
            f"plugin {plugin!r} was stopped while it was reloaded",
            plugin=plugin,
            state=(State.UNLOADING if self._condition.sessions() else self._condition.state).value,
        )
