"""`commands.*`: what plugins offer to be invoked by name, by people, programs and other plugins.

Owns which commands there are and whose they are. A command's name is the host's: two plugins can't have the
same. What it does and which parameters it takes is the plugin's.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import msgspec

from host.choices import check_table
from host.errors import (
    ContributionNotFound,
    DuplicateContribution,
    InvalidParams,
    NotActive,
    PluginError,
)
from host.facade import Caller, Joining
from host.ids import SessionId
from host.logs import clean
from host.masking import known
from host.routing.control_calls import ControlCalls, read_answer
from host.routing.gateway import ApiGateway
from host.services.claims import Claims
from host.services.declared import commands_of
from host.services.runs import Runs
from host.supervision.near_names import NearNames
from protocol import jsonrpc
from protocol.messages.commands import CommandInfo, CommandOutcome, CommandRun
from protocol.messages.provides import Command

COMMAND_TIMEOUT_S: Final = 60.0
"""Deadline of a command that names none; people wait for it."""

MAX_COMMANDS: Final = 200
"""Commands of one plugin."""

MAX_SCHEMA_BYTES: Final = 64 * 1024
MAX_DESCRIPTION_CHARS: Final = 1_000
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\Z", re.IGNORECASE)


class Commands:
    """All commands of one host."""

    def __init__(self, calls: ControlCalls, returns: Callable[[str], bool]) -> None:
        self._calls = calls
        self._claims = Claims(returns)
        self._near = NearNames()
        self._runs = Runs()
        self._offered: dict[SessionId, dict[str, Command]] = {}
        """What each run offers."""
        self._declared: dict[SessionId, set[str]] = {}
        """What of it only the manifest says so far: code may register the handler of that."""
        self._commands: dict[str, tuple[Joining, Command]] = {}
        """What is in force."""

    def attach(self, gateway: ApiGateway) -> None:
        """Let plugins reach it."""
        gateway.attach_builtin("commands.register", self._register)
        gateway.attach_builtin("commands.unregister", self._unregister)
        gateway.attach_builtin("commands.list", self._listed)
        gateway.attach_builtin("commands.invoke", self._invoke)

    # What the application asks.

    def list(self, plugin: str | None = None) -> tuple[CommandInfo, ...]:
        """Return every command, or those of one plugin, by name; `params` is a JSON Schema."""
        return tuple(
            CommandInfo(session.plugin, one.name, one.description, one.params)
            for _, (session, one) in sorted(self._commands.items())
            if plugin is None or session.plugin == plugin
        )

    def find(self, name: str, plugin: str | None = None) -> CommandInfo:
        """Return one command, named as `sync` or as `github:sync`.

        Raises:
            ContributionNotFound: There is none; near names are named.
            NotActive: Its plugin is being started again.
        """
        owner, _, bare = name.rpartition(":")
        if owner and plugin is not None and owner != plugin:
            raise InvalidParams(f"the command {name!r} is not one of plugin {plugin!r}")
        owner = owner or plugin or ""
        found = self._commands.get(bare)
        if found is not None and owner in ("", found[0].plugin):
            session, one = found
            return CommandInfo(session.plugin, one.name, one.description, one.params)
        away = self._claims.absent(bare)
        if away is not None and owner in ("", away):
            self._calls.live(away)
            raise NotActive(f"plugin {away!r} has the command {bare!r} and does not run yet")
        if owner:
            self._calls.live(owner)  # says what is wrong with the plugin, where that is it
        # Of the plugin that was named: a name that only others have would be refused again.
        mine = [one for one, (session, _) in self._commands.items() if owner in ("", session.plugin)]
        near = self._near.propose(bare, mine)
        raise ContributionNotFound("command", name, near)

    async def run(
        self,
        name: str,
        params: Mapping[str, Any] | None = None,
        *,
        plugin: str | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        """Run a command and return its result; without `timeout_s` the deadline is 60 s.

        Raises:
            ContributionNotFound: There is none; near names are named.
            PluginError: It did not succeed, and why.
            PlughostError: It could not be run; see `host.errors`.
        """
        found = self.find(name, plugin)
        check_table(f"the parameters of {name}", params or {})
        try:
            given = {key: msgspec.Raw(jsonrpc.encode(value)) for key, value in (params or {}).items()}
        except (TypeError, ValueError, OverflowError, RecursionError) as exc:
            raise InvalidParams(f"the parameters of {name} can't be expressed in JSON: {exc}") from exc
        session = self._commands[found.name][0]
        by_code = any(one.name == found.name for one in session.provides.commands)
        in_manifest = any(one.name == found.name for one in session.manifest.commands)
        call = CommandRun(found.name, given, in_manifest and not by_code)
        raw = await self._calls.ask(
            found.plugin,
            "plugin.command",
            call,
            found.name,
            timeout_s=COMMAND_TIMEOUT_S if timeout_s is None else timeout_s,
        )
        outcome = read_answer(raw, CommandOutcome, found.plugin, "plugin.command")
        if not outcome.success:
            why = outcome.error or "the command did not succeed"
            raise PluginError(known.beginning(why, 4_096), outcome.result)
        return outcome.result

    # What a session does.

    def check(self, session: Joining) -> Iterable[str]:
        """Return what is wrong with its commands."""
        commands = commands_of(session)
        if len(commands) > MAX_COMMANDS:
            yield f"commands: found {len(commands)}; allowed: at most {MAX_COMMANDS}"
            return
        seen: set[str] = set()
        for one in commands:
            if one.name in seen:
                yield f"command {one.name[:100]!r}: it is declared twice"
            seen.add(one.name)
            fault = _fault(one) or self._taken(one.name, session)
            if fault:
                yield fault

    def join(self, session: Joining) -> None:
        """Take its commands in."""
        self._runs.join(session)
        self._take_all(session)

    def activated(self, session: Joining) -> None:
        """Give up what an earlier run had; one that is not active is found out when it is asked."""
        self._claims.settle(session.plugin)

    def wait(self, session: Joining) -> None:
        """Take its commands in, for when it takes over."""
        self._runs.wait(session)
        self._take_all(session)

    def succeed(self, session: Joining, predecessor: Joining) -> None:
        """Put its commands in force, in place of the predecessor's."""
        self._runs.succeed(session, predecessor)
        self._withdraw(predecessor)
        self._claims.succeed(session, predecessor)
        for one in self._offered[session.id].values():
            self._commands[one.name] = (session, one)

    def leave(self, session: Joining) -> None:
        """Withdraw its commands."""
        self._offered.pop(session.id, None)
        self._declared.pop(session.id, None)
        if self._runs.leave(session):
            self._claims.leave(session)
            self._withdraw(session)
        else:
            self._claims.withdraw(session)

    # What plugins ask.

    async def _register(
        self, caller: Caller, name: str, description: str = "", params: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        session = self._runs.registering(caller)
        one = Command(name, description, params or {})
        fault = _fault(one)
        if fault:
            raise InvalidParams(fault)
        taken = self._taken(name, session)
        if taken:
            raise DuplicateContribution(taken)
        mine = self._offered[session.id]
        if name in mine and name not in self._declared[session.id]:
            raise DuplicateContribution(f"command {name!r}: this plugin has it already")
        if len(mine) >= MAX_COMMANDS:
            raise InvalidParams(f"commands: allowed: at most {MAX_COMMANDS}")
        self._declared[session.id].discard(name)
        self._take(session, one)
        return {}

    async def _unregister(self, caller: Caller, name: str) -> dict[str, Any]:
        session = self._runs.of(caller)
        if self._offered[session.id].pop(name, None) is None:
            raise ContributionNotFound("command of this plugin", name)
        if self._runs.in_force(session.id):
            del self._commands[name]
        self._claims.release(name, session)
        return {}

    async def _listed(self) -> "tuple[CommandInfo, ...]":
        return self.list()

    async def _invoke(
        self,
        plugin: str,
        command: str,
        params: dict[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> Any:
        return await self.run(command, params, plugin=plugin, timeout_s=timeout_s)

    def _take_all(self, session: Joining) -> None:
        self._offered[session.id] = {}
        for one in commands_of(session):
            self._take(session, one)
        coded = {one.name for one in session.provides.commands}
        self._declared[session.id] = {one.name for one in session.manifest.commands} - coded

    def _take(self, session: Joining, one: Command) -> None:
        self._claims.take([one.name], session)
        shown = Command(one.name, clean(one.description), one.params)
        self._offered[session.id][one.name] = shown
        if self._runs.in_force(session.id):
            self._commands[one.name] = (session, shown)

    def _withdraw(self, session: Joining) -> None:
        for name, (owner, _) in list(self._commands.items()):
            if owner is session:
                del self._commands[name]

    def _taken(self, name: str, session: Joining) -> str:
        owner = self._claims.owner(name, session.plugin)
        return "" if owner is None else f"command {name!r}: plugin {owner!r} has a command of this name"


def _fault(one: Command) -> str:
    """Return what is wrong with a command, or an empty text."""
    shown = repr(one.name[:100])
    if not _NAME.match(one.name):
        return f"command {shown}: allowed: 1 to 64 letters, digits, _, . and -, the first no sign"
    if len(one.description) > MAX_DESCRIPTION_CHARS:
        found = len(one.description)
        return f"command {shown}: description: found {found} characters; allowed: {MAX_DESCRIPTION_CHARS}"
    try:
        size = len(jsonrpc.encode(one.params))
    except RecursionError:
        return f"command {shown}: params: nested too deeply"
    if size > MAX_SCHEMA_BYTES:
        return f"command {shown}: params: found {size} bytes; allowed: at most {MAX_SCHEMA_BYTES}"
    if one.params and one.params.get("type") != "object":
        return f"command {shown}: params: found no object; allowed: a JSON Schema whose type is object"
    return ""
