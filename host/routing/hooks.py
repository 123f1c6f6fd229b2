"""Hooks: plugins are asked, in order, whether something may happen, before it does.

Owns what each answer and each missing one means; which handlers there are is the book's. The embedding
program decides what is a hook, by asking one; handlers come with plugins.

A fail-closed handler forbids where no answer comes: a crash is never an approval. It is in force from the
plugin's first load on, over restarts of the host, until the plugin is disabled or gone, or its hooks are
released.
"""

import logging
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

from host.errors import HookCycle, InvalidParams
from host.facade import LiveSessions
from host.masking import known
from host.routing.hook_book import HookBook
from host.routing.hook_chain import (
    DEFAULT_BUDGET_S,
    Declaration,
    Fail,
    HookStep,
    Link,
    NoAnswer,
    ask,
    replaced,
    shown,
)
from host.routing.serving import served
from host.routing.trail import Trail, trail_of
from protocol import jsonrpc

logger = logging.getLogger(__name__)

Adapt = Callable[[str], AbstractAsyncContextManager[bytes]]
"""Makes the value for one plugin, as JSON text, and takes it away afterwards."""


@dataclass(frozen=True, slots=True)
class HookVerdict:
    """What a chain said."""

    allowed: bool
    value: Any
    """As the handlers left it."""
    reason: str
    """Why not; empty if it is allowed."""
    by: str
    """Id of the plugin that forbids."""
    code: str
    """`denied`; or why it is forbidden without an answer: `hook_unavailable hook_timeout hook_failed`."""
    trail: tuple[HookStep, ...]
    """Every handler that was reached, in order."""

    def __bool__(self) -> bool:
        """Whether it is allowed."""
        return self.allowed


@dataclass(frozen=True, slots=True)
class ChainLink:
    """One handler of a hook, for people."""

    plugin: str
    handler: str
    fail: Fail
    budget_s: float
    active: bool
    """Whether it can be asked now."""
    enabled: bool
    """Whether it counts: one of a disabled plugin does not."""


class Hooks:
    """All hooks of one host."""

    def __init__(self, book: HookBook, sessions: LiveSessions) -> None:
        self._book = book
        self._sessions = sessions
        self._said_disabled: set[str] = set()
        self.skipped: Counter[tuple[str, str]] = Counter()
        """How often a fail-open handler gave no answer, by hook and plugin."""
        self.told_released: Callable[[str], None] = lambda _: None
        """Told whose handlers were released."""

    # For the embedding program.

    def declare(
        self,
        name: str,
        *,
        fail: Fail = "open",
        budget_s: float = DEFAULT_BUDGET_S,
        permission: str | None = None,
        shape: Any = None,
        replaceable: bool = True,
    ) -> None:
        """Say how a hook works, before plugins are loaded; one that is not declared works by the defaults.

        Args:
            name: Such as `message.before_send`.
            fail: What counts where a handler gives no answer and did not say itself.
            budget_s: Longest time for one handler, unless it says another.
            permission: What a plugin must have been granted to take part.
            shape: Type, in msgspec's sense, that a replaced value must have, and is converted to.
            replaceable: Whether handlers may replace the value.

        Raises:
            InvalidParams: A name or a budget that can't be.
        """
        self._book.declare(Declaration(name, fail, budget_s, permission, shape, replaceable))

    def chain(self, name: str) -> tuple[ChainLink, ...]:
        """Return who is asked, in order."""
        return tuple(
            ChainLink(
                one.plugin,
                one.handler.name,
                one.fail,
                one.budget_s,
                one.session is not None,
                self._book.is_enabled(one.plugin),
            )
            for one in self._book.chain(name)
        )

    def names(self) -> tuple[str, ...]:
        """Return every hook that is declared or has a handler."""
        return self._book.names()

    def release(self, plugin: str) -> bool:
        """Let go of the hooks of a plugin that does not run; return whether there were any.

        They are in force again once it is loaded.
        """
        released = self._book.release(plugin)
        if released:
            logger.warning(
                "the hooks of a plugin that does not run are released on request",
                extra={"fields": {"plugin": plugin}},
            )
            self.told_released(plugin)
        return released

    async def run(
        self, name: str, value: Any = None, *, adapt: Adapt | None = None, only: str | None = None
    ) -> HookVerdict:
        """Ask the chain, one after the other, until one forbids; see `PluginHost.hook`.

        `adapt` makes another value for each plugin; with `only` no other plugin is asked.

        Raises:
            HookCycle: It is triggered by what one of its own handlers does while it is asked.
            InvalidParams: The value can't be expressed in JSON, or no hook can have this name.
        """
        before = trail_of(self._sessions, served.get()) or Trail()
        if name in before.hooks:
            circle = " > ".join((*before.hooks, name))
            raise HookCycle(f"the hook {name!r} is triggered from within itself: {circle}", hook=name)
        chain = self._book.chain(name)
        if only is not None:
            chain = tuple(link for link in chain if link.plugin == only)
        if not chain:
            self._book.check_name(name)
            return HookVerdict(True, value, "", "", "", ())
        before = before._replace(hooks=(*before.hooks, name))
        said = self._book.declaration(name)
        text = _encoded(name, value) if adapt is None else b""
        trail: list[HookStep] = []
        is_enabled = self._book.is_enabled
        for link in chain:
            if not is_enabled(link.plugin):
                self._say_disabled(link)
                continue
            if link.session is not None:
                self._said_disabled.discard(link.plugin)
            started = perf_counter()
            try:
                if adapt is None:
                    answer = await ask(self._book.present(link), text, before)
                else:
                    async with adapt(link.plugin) as own:
                        answer = await ask(self._book.present(link), own, before)
                if answer.verdict == "replace":
                    value = replaced(link, answer, said)
                    text = bytes(answer.value)
            except NoAnswer as exc:
                took_s = perf_counter() - started
                if link.fail == "closed":
                    trail.append(
                        HookStep(link.plugin, link.handler.name, "deny", exc.code, shown(exc.reason), took_s)
                    )
                    return self._denied(value, link, exc.code, shown(exc.reason), trail)
                self._skip(name, link, exc)
                trail.append(
                    HookStep(link.plugin, link.handler.name, "skipped", exc.code, shown(exc.reason), took_s)
                )
                continue
            took_s = perf_counter() - started
            if answer.verdict == "deny":
                reason = shown(answer.reason) or "it gave no reason"
                why = known.cleared_value(answer.data)
                trail.append(HookStep(link.plugin, link.handler.name, "deny", "denied", reason, took_s, why))
                return self._denied(value, link, "denied", reason, trail)
            trail.append(
                HookStep(link.plugin, link.handler.name, answer.verdict, "", "", took_s, answer.data)
            )
        return HookVerdict(True, value, "", "", "", tuple(trail))

    def _denied(self, value: Any, link: Link, code: str, reason: str, trail: list[HookStep]) -> HookVerdict:
        if code != "denied":
            logger.warning(
                "hook %s forbids: %s",
                link.handler.hook,
                reason,
                extra={"fields": {"plugin": link.plugin, "code": code}},
            )
        return HookVerdict(False, value, reason, link.plugin, code, tuple(trail))

    def _skip(self, name: str, link: Link, why: NoAnswer) -> None:
        self.skipped[name, link.plugin] += 1
        if why.code != "hook_unavailable":
            logger.warning(
                "hook %s goes on without an answer: %s",
                name,
                shown(why.reason),
                extra={"fields": {"plugin": link.plugin, "code": why.code}},
            )

    def _say_disabled(self, link: Link) -> None:
        if link.fail == "closed" and link.plugin not in self._said_disabled:
            self._said_disabled.add(link.plugin)
            logger.warning(
                "hook %s is not guarded by a plugin that has to be asked: it is disabled, or gone",
                link.handler.hook,
                extra={"fields": {"plugin": link.plugin}},
            )


def _encoded(name: str, value: Any) -> bytes:
    try:
        return jsonrpc.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError) as exc:
        raise InvalidParams(f"the value of the hook {name!r} can't be expressed in JSON: {exc}") from exc
