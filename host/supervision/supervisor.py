"""Supervisor: one plugin over all its runs.

Owns its state, what the operator wants of it, and what follows when a session ends. One operation at a time:
the same verb joins the one under way, stop and kill pre-empt, any other is `busy`. The process itself is the
session's.
"""

import logging
from collections.abc import Mapping
from typing import Any

import anyio

from host.errors import Busy, HostClosed, LoadFailed, LoadRefused, NotActive, PlughostError
from host.facade import ExitFacts, Figures, PluginView
from host.ids import PluginId, new_incident_id, new_session_id
from host.manifest import Package, unmet_requirements
from host.permissions.policy import grant as grant_permissions
from host.process.launcher import SpawnError
from host.process.program import program_for
from host.supervision.attempt import Attempt
from host.supervision.environment import Environment
from host.supervision.restart import Cause, GiveUp, Quarantine, RestartPolicy, Retry, Stay
from host.supervision.session import Ended, Session
from host.supervision.standing import Standing
from host.supervision.states import State, check, is_live

logger = logging.getLogger(__name__)

_TO_CALL_IT = {
    State.DISCOVERED: "load it first",
    State.UNLOADING: "load it again",
    State.ERROR: "mend what the reason says, then load it",
}


class Supervisor:
    """One plugin."""

    def __init__(
        self,
        package: Package,
        environment: Environment,
        config: Mapping[str, Any],
        restart_policy: RestartPolicy,
    ) -> None:
        self.package = package
        self.id = PluginId(package.manifest.id)
        self._env = environment
        self._config = config
        self._policy = restart_policy
        self._grants = grant_permissions(package.manifest, environment.policy)
        self._standing = Standing(self.id, package.folder, environment.records, environment.shared.clock)
        self.state = State.DISCOVERED
        self.reason = ""
        if self._standing.quarantine_reason is not None:
            self.state, self.reason = State.QUARANTINED, self._standing.quarantine_reason
        elif not self._standing.enabled:
            self.state, self.reason = State.DISABLED, "disabled by the operator"
        self.session: Session | None = None
        self.taking_calls: Session | None = None
        """The session, while it takes calls."""
        self.last_exit: ExitFacts | None = None
        self._attempt: Attempt | None = None
        self._runner_ended: anyio.Event | None = None
        self._pause = anyio.CancelScope()
        self._retry_at_s: float | None = None
        self._restarting: Attempt | None = None
        self._stop_asked = False
        self._closed = False
        self._operation = ""

    @property
    def autoloads(self) -> bool:
        """Whether a host that loads all should load this one."""
        return self._standing.enabled and self._standing.wanted != "stopped"

    @property
    def running(self) -> bool:
        """Whether it runs, is on its way there, or will be tried again."""
        return self._runner_ended is not None

    # Verbs.

    async def start(self) -> None:
        """Bring it to `active`.

        Raises:
            Disabled, Quarantined, Busy: It may not start now.
            LoadFailed: It did not become active; it is tried again by itself.
            LoadRefused: It did not, and somebody must change something first.
        """
        if is_live(self.state):
            return
        self._refuse_while("start", allowed=("start",))
        await self._check_standing()
        self._check_requirements()
        await self._standing.remember(wanted="running")
        # While the record was written it may have come up by itself, or somebody else may have stopped it.
        if is_live(self.state):
            return
        self._refuse_while("start", allowed=("start",))
        if self._closed:
            raise HostClosed("this host is closing")
        attempt = self._attempt
        if attempt is None or attempt.finished:
            attempt = self._attempt = Attempt()
        self._operation = "start"
        if self._runner_ended is None:
            self._stop_asked = False
            self._runner_ended = anyio.Event()
            self._env.tasks.start_soon(self._run)
        elif self.state is State.BACKOFF:
            self._pause.cancel()
        await attempt.outcome()

    async def stop(self, *, keep: bool = True, hurry: bool = False) -> None:
        """End it and keep it ended; a second call goes on to the next rung of the ladder.

        `keep=False` does not write down that it is to stay stopped. `hurry` skips all grace.
        """
        if keep:
            await self._standing.remember(wanted="stopped")
        runner_ended = self._runner_ended
        if runner_ended is None:
            if self.state is State.ERROR and keep:
                self._set(State.DISCOVERED, "")
            return
        again = self._stop_asked
        self._stop_asked = True
        self._operation = "stop"
        self._pause.cancel()
        if self.state in (State.LOADING, State.ACTIVE, State.UNRESPONSIVE):
            self._set(State.UNLOADING, "")
        session = self.session
        if session is not None:
            if hurry:
                session.kill()
            elif again:
                session.hasten()
            else:
                session.stop()
        await runner_ended.wait()

    async def kill(self) -> None:
        """End its process at once and keep it ended."""
        await self.stop(hurry=True)

    async def close(self) -> None:
        """End it because the host ends; what is wanted of it stays as it was, and it starts no more."""
        self._closed = True
        await self.stop(keep=False)

    async def restart(self) -> None:
        """Stop it and start it anew; see `start` for what it raises. A stop that comes meanwhile wins."""
        if self._restarting is None or self._restarting.finished:
            self._refuse_while("restart", allowed=())
            await self._check_standing()
            self._restarting = Attempt()
            # In a task of its own: a caller that is cancelled must not leave it stopped half-way.
            self._env.tasks.start_soon(self._restart, self._restarting)
        await self._restarting.outcome()

    async def enable(self) -> None:
        """Allow it to be started."""
        self._refuse_while("enable", allowed=("start",))
        await self._check_quarantine()
        await self._standing.remember(enabled=True)
        if self.state is State.DISABLED:
            self._set(State.DISCOVERED, "")

    async def disable(self) -> None:
        """Stop it, and do not let it be started until it is enabled."""
        await self._standing.remember(enabled=False)
        await self.stop(keep=False)
        if self.state is not State.DISABLED and self.state is not State.QUARANTINED:
            self._set(State.DISABLED, "disabled by the operator")

    def refuse(self, reason: str) -> None:
        """Show why it is not started, unless it runs: somebody must change something first."""
        if self.state in (State.DISCOVERED, State.ERROR):
            self._set(State.ERROR, reason)

    async def reset(self) -> None:
        """End its quarantine and forget its failures."""
        self._policy.forget()
        if self._standing.quarantine_reason is not None:
            await self._end_quarantine("reset by the operator")

    # What others ask.

    def live(self) -> Session:
        """Return the session that takes calls.

        Raises:
            NotActive, Disabled, Quarantined: There is none, and why.
        """
        if self.taking_calls is not None:
            return self.taking_calls
        if self.state is State.DISABLED:
            raise self._standing.disabled_error()
        if self.state is State.QUARANTINED:
            raise self._standing.quarantined_error()
        why = f": {self.reason}" if self.reason else ""
        raise NotActive(
            f"plugin {self.id!r} is {self.state.value}{why}",
            remedy=_TO_CALL_IT.get(self.state, "call again once it is active"),
            plugin=self.id,
            state=self.state.value,
        )

    def view(self) -> PluginView:
        """Return the plugin as it is now."""
        session = self.session
        manifest = self.package.manifest
        now_s = self._env.shared.clock.monotonic()
        provided = session.provided if session is not None else None
        return PluginView(
            id=self.id,
            name=manifest.name or manifest.id,
            version=manifest.version,
            type=manifest.type,
            folder=str(self.package.folder),
            state=self.state.value,
            reason=self.reason,
            pid=session.pid if session is not None else None,
            session=session.id if session is not None else None,
            enabled=self._standing.enabled,
            wanted=self._standing.wanted,
            uptime_s=session.uptime_s() if session is not None else None,
            retry_in_s=None if self._retry_at_s is None else max(0.0, self._retry_at_s - now_s),
            restarts=self._policy.recent_restarts(),
            figures=session.figures() if session is not None else Figures(),
            limits=manifest.limits,
            permissions=self._grants.texts(),
            refused_permissions=tuple(str(one) for one in self._grants.refused),
            methods=tuple(provided) if provided is not None else (),
            last_exit=self.last_exit,
        )

    # The runner.

    async def _run(self) -> None:
        """Keep the plugin running until it is to stop, or must not go on."""
        try:
            while not self._stop_asked:
                ended = await self._run_guarded()
                if ended is None:
                    return
                self.last_exit = ended.facts
                if not await self._after(ended):
                    return
        finally:
            runner_ended, self._runner_ended = self._runner_ended, None
            self._operation = ""
            self._retry_at_s = None
            if self.state in (
                State.LOADING,
                State.BACKOFF,
                State.UNLOADING,
                State.ACTIVE,
                State.UNRESPONSIVE,
            ):
                self._set(self._at_rest(), "")
            if self._attempt is not None:
                self._attempt.finish(
                    NotActive(f"plugin {self.id!r} was stopped while it started", plugin=self.id)
                )
            if runner_ended is not None:
                runner_ended.set()

    async def _run_guarded(self) -> Ended | None:
        """Run one session behind the border: what nobody expected becomes this plugin's error."""
        try:
            return await self._run_once()
        except Exception as exc:
            incident = new_incident_id()
            logger.exception(
                "session of %s failed unexpectedly", self.id, extra={"fields": {"incident": incident}}
            )
            self._fail(f"the host failed unexpectedly ({type(exc).__name__}); incident {incident}")
            return None
        finally:
            self.session = self.taking_calls = None

    async def _run_once(self) -> Ended | None:
        self._set(State.LOADING, "")
        slot = self._env.start_slots
        holder = object()
        with anyio.CancelScope() as self._pause:
            await slot.acquire_on_behalf_of(holder)
        if self._pause.cancelled_caught:
            return None
        try:
            session = await self._spawn()
        except SpawnError as exc:
            slot.release_on_behalf_of(holder)
            return Ended(Cause.LOAD_FAILED, _no_process(f"it could not be started: {exc}"), 0.0)
        except BaseException:
            slot.release_on_behalf_of(holder)
            raise
        self.session = session
        if self._stop_asked:
            session.kill(detail="it was stopped while it started")

        def active() -> None:
            slot.release_on_behalf_of(holder)
            self._set(State.ACTIVE, "")
            self._finish_attempt(None)

        try:
            return await session.run(active, self._unresponsive)
        finally:
            if holder in slot.statistics().borrowers:
                slot.release_on_behalf_of(holder)
            self._env.journal.closed(session.id)

    async def _spawn(self) -> Session:
        session_id = new_session_id()
        manifest = self.package.manifest
        program = program_for(manifest, self.package.folder, session_id, {})
        process = await self._env.launcher.spawn(session_id, program)
        # No await from here to the session's own scope, or a cancellation would leak the process.
        self._env.journal.opened(session_id, self.id, process.pid)
        config = {**self.package.config_defaults, **self._config}
        return Session(manifest, session_id, process, config, self._grants, self._env.shared)

    def _unresponsive(self, is_so: bool, why: str) -> None:
        if is_so and self.state is State.ACTIVE:
            self._set(State.UNRESPONSIVE, why)
        elif not is_so and self.state is State.UNRESPONSIVE:
            self._set(State.ACTIVE, "")

    async def _after(self, ended: Ended) -> bool:
        """Do what the restart policy says; tell whether to go on."""
        cause = Cause.STOPPED if self._stop_asked else ended.cause
        facts = ended.facts
        if facts.survivors:
            logger.error(
                "descendants survived", extra={"fields": {"plugin": self.id, "pids": facts.survivors}}
            )
        match self._policy.ended(cause, healthy_for_s=ended.healthy_s, detail=facts.detail):
            case Stay():
                return False
            case GiveUp():
                self._fail(facts.detail, refused=True)
                return False
            case Quarantine(reason):
                await self._enter_quarantine(reason)
                return False
            case Retry(after_s):
                return await self._back_off(after_s, facts)

    async def _back_off(self, after_s: float, facts: ExitFacts) -> bool:
        self._retry_in(after_s)
        self._set(State.BACKOFF, facts.detail)
        tail = "".join(f"\n  | {line}" for line in facts.stderr[-5:])
        self._finish_attempt(
            LoadFailed(
                f"plugin {self.id!r} did not become active: {facts.detail}{tail}",
                remedy=f"the host tries again in {after_s:.1f} s",
                plugin=self.id,
            )
        )
        # Restarts that the host itself made necessary have no delay, and the storm guard does not count them.
        while after_s > 0.0:
            with anyio.CancelScope() as self._pause:
                await anyio.sleep(after_s)
            if self._pause.cancelled_caught:
                break
            after_s = self._env.shared.storm.restart_delay_s()
            self._retry_in(after_s)
        self._retry_at_s = None
        return not self._stop_asked

    def _retry_in(self, seconds: float) -> None:
        self._retry_at_s = self._env.shared.clock.monotonic() + seconds

    async def _restart(self, outcome: Attempt) -> None:
        try:
            await self._standing.remember(wanted="running")
            await self.stop(keep=False)
            if self._standing.wanted == "stopped":
                raise NotActive(f"plugin {self.id!r} was stopped while it restarted", plugin=self.id)
            await self.start()
        except PlughostError as exc:
            outcome.finish(exc)
        else:
            outcome.finish(None)
        finally:
            outcome.finish(HostClosed("this host is closing"))

    def _fail(self, detail: str, *, refused: bool = False) -> None:
        self._set(State.ERROR, detail)
        remedy = "mend what the reason says, then load it" if refused else "look the incident up in the log"
        self._finish_attempt(
            LoadRefused(f"plugin {self.id!r} can't become active: {detail}", remedy=remedy, plugin=self.id)
        )

    def _finish_attempt(self, error: PlughostError | None) -> None:
        if self._operation == "start":
            self._operation = ""
        if self._attempt is not None:
            self._attempt.finish(error)

    # Quarantine.

    async def _enter_quarantine(self, reason: str) -> None:
        await self._standing.enter_quarantine(reason)
        self._set(State.QUARANTINED, reason)
        self._finish_attempt(self._standing.quarantined_error())

    async def _check_standing(self) -> None:
        if not self._standing.enabled:
            raise self._standing.disabled_error()
        await self._check_quarantine()

    async def _check_quarantine(self) -> None:
        if self._standing.quarantine_reason is None:
            return
        if not await self._standing.package_changed():
            raise self._standing.quarantined_error()
        await self._end_quarantine("its package changed")

    async def _end_quarantine(self, why: str) -> None:
        self._policy.forget()
        await self._standing.leave_quarantine()
        self._set(self._at_rest(), f"quarantine ended: {why}")

    # Small things.

    def _check_requirements(self) -> None:
        unmet = unmet_requirements(
            self.package.manifest,
            application=self._env.application,
            application_version=self._env.application_version,
        )
        if unmet:
            detail = "; ".join(unmet)
            self._set(State.ERROR, detail)
            raise LoadRefused(f"plugin {self.id!r} can't be loaded here: {detail}", plugin=self.id)

    def _at_rest(self) -> State:
        return State.DISCOVERED if self._standing.enabled else State.DISABLED

    def _refuse_while(self, verb: str, allowed: tuple[str, ...]) -> None:
        if self._operation and self._operation not in allowed:
            raise Busy(
                f"plugin {self.id!r}: {verb} has to wait, {self._operation} is under way", plugin=self.id
            )

    def _set(self, new: State, reason: str) -> None:
        old = self.state
        if old is new and self.reason == reason:
            return
        if old is not new:
            check(old, new)
        self.state = new
        self.reason = reason
        self.taking_calls = self.session if is_live(new) else None
        self._env.changed(self.view(), old, new)


def _no_process(detail: str) -> ExitFacts:
    return ExitFacts("load_failed", detail, "", None, None, 0.0, "", None, None, ())
