"""Supervisor: one plugin over all its runs, and what an operator may ask of it.

Owns the verbs and the rules between them. While the plugin does not rest it has a runner, which is the one
thing that a verb looks at, and from which it follows what is under way: a start until its attempt has an
outcome, a stop until the runner ends. The same verb joins; stop and kill pre-empt; any other is `busy`.

Each verb decides and acts without an await in between, then has written down what must be kept, then waits
for what it began: so nothing has to be looked at twice. The one exception is the look at a package in
quarantine, which comes first.
"""

from collections.abc import Callable
from functools import partial

from host.errors import Busy, HostClosed, NotActive, PlughostError
from host.facade import PluginView
from host.ids import PluginId
from host.manifest import Package
from host.permissions.policy import Grants
from host.supervision.absence import absence
from host.supervision.attempt import Attempt
from host.supervision.condition import Condition
from host.supervision.environment import Environment
from host.supervision.permits import Permits
from host.supervision.restart import RestartPolicy
from host.supervision.runner import Runner
from host.supervision.session import Session
from host.supervision.standing import Standing
from host.supervision.states import State, is_live
from host.supervision.versions import Versions
from host.supervision.view import view_of
from protocol.permissions import Permission


class Supervisor:
    """One plugin."""

    def __init__(self, package: Package, environment: Environment, restart_policy: RestartPolicy) -> None:
        self.id = PluginId(package.manifest.id)
        self._env = environment
        self._policy = restart_policy
        clock = environment.shared.clock
        self._standing = Standing(self.id, package.folder, environment.records, clock)
        self._versions = Versions(package, self._standing, environment)
        self.condition = Condition(self.id, clock, environment.changed)
        if self._standing.quarantine_reason is not None:
            self.condition.begin_as(State.QUARANTINED, self._standing.quarantine_reason)
        elif not self._standing.enabled:
            self.condition.begin_as(State.DISABLED, "disabled by the operator")
        self._runner: Runner | None = None
        self._restarting: Attempt | None = None
        self._closed = False

    @property
    def package(self) -> Package:
        """The package that is in force."""
        return self._versions.now.package

    @property
    def autoloads(self) -> bool:
        """Whether a host that loads all should load this one."""
        return self._standing.enabled and self._standing.wanted != "stopped"

    @property
    def enabled(self) -> bool:
        """Whether the operator lets it run."""
        return self._standing.enabled

    @property
    def grants(self) -> Grants:
        """What it may do."""
        return self._versions.now.permits.grants

    @property
    def waiting(self) -> tuple[Permission, ...]:
        """What waits for consent, also what a version asks for that was to take over."""
        return self._versions.waiting

    @property
    def running(self) -> bool:
        """Whether it runs, is on its way there, or will be tried again."""
        return self._runner is not None or not (self._restarting is None or self._restarting.finished)

    # Verbs.

    async def start(self) -> None:
        """Bring it to `active`.

        Raises:
            Disabled, Quarantined, Busy: It may not start now.
            LoadFailed: It did not become active; it is tried again by itself.
            LoadRefused: It did not, and somebody must change something first.
        """
        self._standing.check_enabled()
        await self._look_at_quarantine()
        if is_live(self.condition.state):
            return
        self._refuse_while_busy("start", joins="start")
        runner = self._runner or self._begin()
        self._standing.wanted = "running"
        attempt = runner.join()
        await self._standing.keep()
        await attempt.outcome()

    async def stop(self, *, hurry: bool = False) -> None:
        """End it and keep it ended; a second call goes on to the next rung of the ladder.

        `hurry` skips all grace.
        """
        self._standing.wanted = "stopped"
        if self.condition.state is State.ERROR:
            self.condition.become(State.DISCOVERED)
        runner = self.end(hurry=hurry)
        try:
            await self._standing.keep()
        finally:
            await _rest(runner)

    async def kill(self) -> None:
        """End its process at once and keep it ended."""
        await self.stop(hurry=True)

    async def restart(self) -> None:
        """Stop it and start it anew; see `start` for what it raises. A stop that comes meanwhile wins."""
        self._standing.check_enabled()
        await self._look_at_quarantine()
        if self._restarting is None or self._restarting.finished:
            self._refuse_while_busy("restart")
            self._standing.wanted = "running"
            self._restarting = Attempt()
            # In a task of its own: a caller that is cancelled must not leave it stopped half-way.
            self._env.tasks.start_soon(self._restart, self._restarting)
        await self._restarting.outcome()

    async def reload(self, package: Package) -> None:
        """Let a new run of its package take over from the one that serves, which ends what it had begun.

        Raises:
            NotActive, Disabled, Quarantined, Busy: There is nothing to take over from now.
            ConsentRequired, LoadRefused: The package can't be started.
            HandoverFailed: The new run failed; the one that serves was not touched.
        """
        runner = self._runner
        if runner is None or not is_live(self.condition.state):
            raise absence(self.condition, self._standing)
        attempt = runner.handing_over
        if attempt is None:
            self._refuse_while_busy("reload")
            new = self._versions.successor(package)
            attempt = runner.hand_over(new.spawner, partial(self._versions.bring, new))
        await attempt.outcome()
        await self._standing.keep()

    async def enable(self) -> None:
        """Allow it to be started."""
        await self._look_at_quarantine()
        self._refuse_while_busy("enable", joins="start")
        self._standing.enabled = True
        if self.condition.state is State.DISABLED:
            self.condition.become(State.DISCOVERED)
        await self._standing.keep()

    async def disable(self) -> None:
        """Stop it, and do not let it be started until it is enabled."""
        self._standing.enabled = False
        runner = self.end()
        if runner is None and self.condition.state not in (State.DISABLED, State.QUARANTINED):
            self.condition.become(State.DISABLED, "disabled by the operator")
        try:
            await self._standing.keep()
        finally:
            await _rest(runner)

    async def reset(self) -> None:
        """End its quarantine and forget its failures."""
        self._policy.forget()
        if self.condition.state is State.QUARANTINED:
            await self._end_quarantine("reset by the operator")

    async def permit(self, change: Callable[[Permits], None]) -> None:
        """Change what it may do; what waits for the operator may be answered by it."""
        self._versions.change(change)
        if self.condition.state is State.ERROR and not self.grants.waiting:
            self.condition.become(State.DISCOVERED)
        await self._standing.keep()

    # What the roster does.

    def shut(self) -> None:
        """Let it start no more, because the host ends."""
        self._closed = True

    def end(self, *, hurry: bool = False) -> Runner | None:
        """Begin its end, without grace if `hurry`; what is wanted of it stays as it was.

        Returns the runner that comes to its end, if there is one.
        """
        if self._runner is not None:
            self._runner.stop(hurry=hurry)
        return self._runner

    async def rested(self) -> None:
        """Wait until it does not run, and will not be tried again."""
        await _rest(self._runner)

    def refuse(self, reason: str) -> None:
        """Show why it is not started, unless it runs: somebody must change something first."""
        if self.condition.state in (State.DISCOVERED, State.ERROR):
            self.condition.become(State.ERROR, reason)

    # What others ask.

    def live(self) -> Session:
        """Return the session that takes calls.

        Raises:
            NotActive, Disabled, Quarantined: There is none, and why.
        """
        session = self.condition.taking_calls
        if session is None:
            raise absence(self.condition, self._standing)
        return session

    def view(self) -> PluginView:
        """Return the plugin as it is now."""
        restarts, waiting = self._policy.recent_restarts(), self._versions.waiting
        return view_of(self.package, self.grants, waiting, self.condition, self._standing, restarts)

    # What verbs are made of.

    def _refuse_while_busy(self, verb: str, joins: str = "") -> None:
        """Raise Busy while another operation than the one that `verb` joins is under way."""
        runner = self._runner
        if runner is None or not (runner.stopping or runner.starting or runner.handing_over):
            return
        under_way = "stop" if runner.stopping else "start" if runner.starting else "reload"
        if under_way != joins:
            raise Busy(f"plugin {self.id!r}: {verb} has to wait, {under_way} is under way", plugin=self.id)

    def _begin(self) -> Runner:
        """Return a new runner, on its way; raises what forbids it."""
        if refusal := self._versions.refusal():
            self.condition.become(State.ERROR, refusal[0])
            raise refusal[1]
        if self._closed:
            raise HostClosed("this host is closing, or forgets this plugin")
        self._versions.now.permits.started()
        self.condition.become(State.LOADING)
        runner = Runner(self._versions.now.spawner, self.condition, self._standing, self._policy, self._env)
        self._runner = runner
        self._env.tasks.start_soon(self._run, runner)
        return runner

    async def _run(self, runner: Runner) -> None:
        try:
            await runner.run()
        finally:
            self._runner = None
            runner.ended.set()

    async def _restart(self, outcome: Attempt) -> None:
        try:
            await _rest(self.end())
            if self._standing.wanted == "stopped":
                raise NotActive(f"plugin {self.id!r} was stopped while it restarted", plugin=self.id)
            await self.start()
        except (PlughostError, OSError) as exc:
            outcome.finish(exc)
        else:
            outcome.finish(None)
        finally:
            outcome.finish(HostClosed("this host is closing"))

    async def _look_at_quarantine(self) -> None:
        """End a quarantine whose package was changed; nothing happens, and nothing waits, without one.

        Raises:
            Quarantined: It stays where it is.
        """
        if self.condition.state is not State.QUARANTINED:
            return
        changed = await self._standing.package_changed()
        if self.condition.state is not State.QUARANTINED:
            return  # somebody else ended it meanwhile
        if not changed:
            raise self._standing.quarantined_error()
        await self._end_quarantine("its package changed")

    async def _end_quarantine(self, why: str) -> None:
        self._policy.forget()
        self._standing.leave_quarantine()
        self.condition.become(self._standing.at_rest, f"quarantine ended: {why}")
        await self._standing.keep()


async def _rest(runner: Runner | None) -> None:
    if runner is not None:
        await runner.ended.wait()
