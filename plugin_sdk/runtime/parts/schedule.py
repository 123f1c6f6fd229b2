"""What a plugin wants to be called for again and again: marked methods, and handlers registered in code."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_sdk.context import Context, current
from plugin_sdk.decorators.schedule import Missed, ScheduleMark
from plugin_sdk.runtime.callee import Callee, callee_named
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.source import Source
from plugin_sdk.tick import Tick
from protocol.errors import INVALID_PARAMS, METHOD_NOT_FOUND, RpcError
from protocol.incoming import Inbound
from protocol.messages.provides import Schedule
from protocol.messages.schedule import TickCall
from protocol.signatures import SignatureFault


class TickHandler:
    """One schedule."""

    __slots__ = ("_callee", "_takes", "declared")

    def __init__(self, declared: Schedule, callee: Callee) -> None:
        self.declared = declared
        self._callee = callee
        self._takes = _takes(callee)

    @property
    def where(self) -> str:
        """Name of the function, for messages."""
        return self._callee.where

    def bind(self) -> None:
        """Take the method of the instance."""
        self._callee.bind()

    async def run(self, tick: Tick, link: Link) -> None:
        """Do what is due."""
        given = {name: current.get() if wants is Context else tick for name, wants in self._takes.items()}
        try:
            await link.invoke(self._callee.function, **given)
        except RpcError:
            raise
        except Exception as exc:  # noqa: BLE001 - the border of an author's function; the log names it
            raise link.unexpected(exc, f"schedule {self.declared.name!r}") from None


class SchedulePart:
    """All schedules of one plugin."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._handlers: dict[str, TickHandler] = {}
        self._sources: Sequence[Source] = ()
        self._stopped = False
        self.controls = {"plugin.tick": self._answer}

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Return what marked methods ask for."""
        for source in sources:
            for name, attribute, mark in source.marked(ScheduleMark):
                self.add(
                    Callee.of_method(source, attribute),
                    name=name,
                    every_s=mark.every_s,
                    cron=mark.cron,
                    tz=mark.tz,
                    missed=mark.missed,
                )
        return {"schedules": tuple(one.declared for one in self._handlers.values())}

    def bind(self, sources: Sequence[Source]) -> None:
        """Take the instances' methods."""
        self._sources = sources
        for one in self._handlers.values():
            one.bind()

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take nothing: there are no notifications of schedules."""

    async def stop(self) -> None:
        """Start no run any more."""
        self._stopped = True

    def add(
        self,
        handler: Callee | Callable[..., Any],
        *,
        name: str = "",
        every_s: float | None = None,
        cron: str = "",
        tz: str = "",
        missed: Missed = "skip",
    ) -> Schedule:
        """Add a schedule; the host does not know of it yet. Raises SignatureFault if it can't be one."""
        callee = handler if isinstance(handler, Callee) else Callee.of_function(handler)
        name = self._free(name) if isinstance(handler, Callee) else name or self._free(_plain_name(callee))
        there = self._handlers.get(name)
        if there is not None:
            raise SignatureFault(f"{there.where} and {callee.where} both are the schedule {name!r}")
        made = TickHandler(Schedule(name, every_s, cron, tz, missed), callee)
        self._handlers[name] = made
        return made.declared

    def remove(self, name: str) -> bool:
        """Remove a schedule; return whether it was there."""
        return self._handlers.pop(name, None) is not None

    def answers(self, declared: Schedule) -> bool:
        """Tell whether something is called for a schedule that the manifest declares."""
        return declared.name in self._handlers or callee_named(self._sources, declared.name) is not None

    def _free(self, wanted: str) -> str:
        """Return a name that is free: one function may have several schedules."""
        name, number = wanted, 1
        while name in self._handlers:
            number += 1
            name = f"{wanted}-{number}"
        return name

    async def _answer(self, inbound: Inbound) -> dict[str, Any]:
        try:
            call = msgspec.json.decode(inbound.params, type=TickCall)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise RpcError(INVALID_PARAMS, f"{inbound.method}: {exc}") from None
        one = self._handlers.get(call.schedule)
        if one is None and (callee := callee_named(self._sources, call.schedule)) is not None:
            # The manifest declares it, and names the method.
            self._handlers[call.schedule] = one = TickHandler(Schedule(call.schedule), callee)
        if one is None:
            raise RpcError(METHOD_NOT_FOUND, f"there is no schedule {call.schedule[:100]!r}")
        if not self._stopped:
            await one.run(Tick(call.due, call.missed), self._link)
        return {}


def _takes(callee: Callee) -> dict[str, Any]:
    """Return which parameters a handler has: none, a tick, a context."""
    found: dict[str, Any] = {}
    for name, parameter in inspect.signature(callee.shape).parameters.items():
        context = parameter.annotation in (Context, "Context")
        if parameter.default is not parameter.empty and not context:
            continue
        kind = parameter.kind
        if kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        if kind is parameter.POSITIONAL_ONLY or (not context and Tick in found.values()):
            raise SignatureFault(
                f"{callee.where}: a scheduled function takes nothing, or the tick, or a Context; "
                f"nothing fills {name!r}"
            )
        found[name] = Context if context else Tick
    return found


def _plain_name(callee: Callee) -> str:
    name: str = getattr(callee.shape, "__name__", "schedule")
    return "schedule" if name == "<lambda>" else name
