"""The book of hooks: which handlers plugins have, which of them are in force, and in which order.

Owns what is taken from plugins and what is refused. A plugin's handlers are kept over restarts of the host,
so that they are in force before the plugin runs again. Asking them is `hooks`'.
"""

import logging
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, get_args

from anyio.abc import TaskGroup

from host.choices import check_word
from host.errors import InvalidParams
from host.facade import Announced, Granted, Joining
from host.ids import PluginId
from host.routing.hook_chain import Declaration, Fail, Link
from host.routing.hook_order import CircleError, Place, ordered
from host.state.hook_memory import HookMemory
from protocol.messages.provides import HookHandler
from protocol.permissions import Permission, parse_permission

logger = logging.getLogger(__name__)

MAX_HANDLERS: Final = 100
"""Of one plugin."""

MAX_BUDGET_S: Final = 60.0
MAX_WISHES: Final = 32
"""Plugins that one handler may name in `before`, and in `after`."""

_NAME = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)*\Z")
_MAX_NAME_CHARS: Final = 100


class HookBook:
    """All handlers of one host."""

    def __init__(self, is_enabled: Callable[[str], bool]) -> None:
        self.is_enabled = is_enabled
        self._declared: dict[str, Declaration] = {}
        self._memory = HookMemory()
        self._sessions: dict[PluginId, Joining] = {}
        self._active: set[PluginId] = set()
        self._released: set[str] = set()
        self._announced: dict[str, tuple[HookHandler, ...]] = {}
        """What manifests declare of plugins that are known, whether or not they ever ran."""
        self._chains: dict[str, tuple[Link, ...]] = {}

    def declare(self, said: Declaration) -> None:
        """Take what the embedding program says of a hook. Raises InvalidParams."""
        self.check_name(said.name)
        check_word("fail", said.fail, get_args(Fail))
        if not 0.001 <= said.budget_s <= MAX_BUDGET_S:
            raise InvalidParams(
                f"budget_s: found {said.budget_s}; allowed: 0.001 to {MAX_BUDGET_S:.0f} seconds"
            )
        if said.permission is not None:
            _permission(said.permission)
        self._declared[said.name] = said
        self._chains.pop(said.name, None)

    def check_name(self, name: str) -> None:
        """Raise InvalidParams for what no hook can be called: asking it would allow for ever."""
        if fault := _name_fault(name):
            raise InvalidParams(fault)

    def declaration(self, name: str) -> Declaration:
        """Return what is said of a hook, or the defaults."""
        return self._declared.get(name) or Declaration(name)

    def names(self) -> tuple[str, ...]:
        """Return every hook that is declared or has a handler."""
        used = {handler.hook for handlers in self._in_force().values() for handler in handlers}
        return tuple(sorted({*self._declared, *used}))

    def release(self, plugin: str) -> bool:
        """Forget the handlers of a plugin that does not run; return whether there were any."""
        if PluginId(plugin) in self._sessions or not self._in_force().get(plugin):
            return False
        self._memory.put(plugin, ())
        self._released.add(plugin)
        self._chains.clear()
        return True

    def knows(self, plugin: str) -> bool:
        """Tell whether it is known which handlers a plugin has: it ran once, or they were released."""
        return plugin in self._memory.kept or PluginId(plugin) in self._active or plugin in self._released

    async def forget(self, plugin: str) -> int:
        """Forget the handlers of a plugin that does not run, on the disk too; return how many there were.

        Raises OSError where the disk does not take it.
        """
        count = len(self._in_force().get(plugin, ()))
        self.release(plugin)
        await self._memory.flush()
        return count

    def chain(self, name: str) -> tuple[Link, ...]:
        """Return a hook's handlers in order."""
        chain = self._chains.get(name)
        if chain is None:
            said = self._declared.get(name) or Declaration(name)
            chain = tuple(
                Link.of(
                    plugin,
                    handler,
                    said,
                    self._sessions.get(PluginId(plugin)) if plugin in self._active else None,
                )
                for plugin, handler in self._in_order(name)
            )
            if chain or name in self._declared:
                self._chains[name] = chain
        return chain

    def present(self, link: Link) -> Link:
        """Return a link of a chain that was read before as it is now: another run may have taken over."""
        if link.session is None or link.session is self._sessions.get(PluginId(link.plugin)):
            return link
        for one in self.chain(link.handler.hook):
            if one.plugin == link.plugin and one.handler.name == link.handler.name:
                return one
        return link

    # For the host.

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Put what is kept in force."""
        await self._memory.open(folder, tasks)
        self._chains.clear()

    async def aclose(self) -> None:
        """Write what has to be kept."""
        await self._memory.aclose()

    def check(self, session: Joining) -> Iterator[str]:
        """Return what is wrong with a plugin's handlers."""
        handlers = session.provides.hooks
        if len(handlers) > MAX_HANDLERS:
            yield f"it has {len(handlers)} hook handlers; {MAX_HANDLERS} are allowed"
            return
        names: set[str] = set()
        sound = True
        for handler in handlers:
            fault = _fault(handler) or ("there are two of its name" if handler.name in names else "")
            names.add(handler.name)
            if fault:
                sound = False
                yield f"hook handler {handler.name[:100]!r}: {fault}"
            elif refusal := self._refusal(session.grants, handler):
                yield refusal
        if sound:
            for hook in dict.fromkeys(handler.hook for handler in handlers):
                try:
                    ordered(self._places(hook, session.plugin, handlers))
                except CircleError as exc:
                    yield f"hook {hook!r}: its order goes in a circle: {exc}"

    def announce(self, known: Sequence[Announced]) -> None:
        """Put in force what the manifests of these plugins declare; of others, no longer."""
        self._announced = {
            one.manifest.id: sound
            for one in known
            if (
                sound := tuple(
                    handler
                    for handler in one.manifest.hooks[:MAX_HANDLERS]
                    if not _fault(handler) and not self._refusal(one.grants, handler)
                )
            )
        }
        self._chains.clear()

    def join(self, session: Joining) -> None:
        """Take its handlers in the place of what is kept; until it is active, fail-closed ones forbid."""
        self._released.discard(session.plugin)
        self._sessions[session.plugin] = session
        self._active.discard(session.plugin)
        self._memory.put(session.plugin, session.provides.hooks)
        self._chains.clear()

    def activated(self, session: Joining) -> None:
        """Ask it from now on."""
        if self._sessions.get(session.plugin) is session:
            self._active.add(session.plugin)
            self._chains.clear()

    def leave(self, session: Joining) -> None:
        """Ask it no more; its handlers stay in force."""
        if self._sessions.get(session.plugin) is session:
            del self._sessions[session.plugin]
            self._active.discard(session.plugin)
            self._chains.clear()

    # Inside.

    def _in_order(self, name: str) -> list[Place]:
        places = self._places(name)
        try:
            return ordered(places)
        except CircleError:
            # Every one that is loaded was checked; one that is only kept, and was updated since, may not fit.
            logger.warning("hook %s: what is kept of it has no order; it is asked by plugins' ids", name)
            return sorted(places, key=lambda place: (place[0], place[1].name))

    def _places(self, name: str, plugin: str = "", handlers: tuple[HookHandler, ...] = ()) -> list[Place]:
        """Return who takes part, with these handlers of one plugin instead of those that it has."""
        kept = self._in_force()
        if plugin:
            kept[plugin] = handlers
        return [(owner, one) for owner, many in kept.items() for one in many if one.hook == name]

    def _in_force(self) -> dict[str, tuple[HookHandler, ...]]:
        """Return the handlers of plugins: those that each told, and before it ran those of its manifest."""
        found = dict(self._memory.kept)
        for plugin, declared in self._announced.items():
            if PluginId(plugin) in self._sessions or plugin in self._released:
                continue
            told = found.get(plugin, ())
            names = {(one.name, one.hook) for one in told}
            found[plugin] = (*told, *(one for one in declared if (one.name, one.hook) not in names))
        return found

    def _refusal(self, grants: Granted, handler: HookHandler) -> str:
        said = self._declared.get(handler.hook)
        if said is None or said.permission is None:
            return ""
        decision = grants.decide(_permission(said.permission))
        if decision.allowed:
            return ""
        why = decision.reason.removesuffix(".")
        return f"hook {handler.hook!r} needs a permission: {why}; {decision.declare}"


def _permission(text: str) -> Permission:
    try:
        return parse_permission(text)
    except ValueError as exc:
        raise InvalidParams(f"permission: {exc}") from None


def _name_fault(name: str) -> str:
    if len(name) > _MAX_NAME_CHARS or not _NAME.match(name):
        return (
            f"hook: found {name[:100]!r}; allowed: lower-case words with dots, {_MAX_NAME_CHARS} characters"
        )
    return ""


def _fault(handler: HookHandler) -> str:
    if not 0 < len(handler.name) <= 200 or not handler.name.isprintable():
        return "its name is empty, longer than 200 characters or not printable"
    if handler.budget_ms is not None and not 1 <= handler.budget_ms <= MAX_BUDGET_S * 1_000:
        return f"budget: found {handler.budget_ms} ms; allowed: 1 to {MAX_BUDGET_S * 1_000:.0f}"
    for key, ids in (("before", handler.before), ("after", handler.after)):
        if len(ids) > MAX_WISHES or any(len(one) > _MAX_NAME_CHARS for one in ids):
            return f"{key}: allowed are {MAX_WISHES} ids of plugins"
    return _name_fault(handler.hook)
