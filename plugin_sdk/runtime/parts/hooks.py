"""The hooks of a plugin: marked methods, and what its kind takes part in.

Owns which handler answers a `plugin.hook`, and what a handler may return. The order, the budgets and what a
missing answer means are the host's.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_sdk.context import current
from plugin_sdk.decorators.hook import HookMark
from plugin_sdk.runtime.callee import Callee, is_context
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.source import Source
from plugin_sdk.verdicts import Verdict, allow
from protocol.errors import INVALID_PARAMS, INVALID_RESULT, METHOD_NOT_FOUND, NOT_ACTIVE, RpcError
from protocol.incoming import Inbound
from protocol.messages.hooks import HookAnswer, HookCall
from protocol.messages.provides import HookHandler
from protocol.signatures import SignatureFault, read_signature

Reads = Callable[[Any], Verdict | None]
"""Makes a verdict of what a method returned."""

_call = msgspec.json.Decoder(HookCall).decode


class Handler:
    """One handler."""

    __slots__ = ("_callee", "_name", "_reads", "_signature", "declared")

    def __init__(self, declared: HookHandler, callee: Callee, reads: Reads | None) -> None:
        self.declared = declared
        self._callee = callee
        self._reads = reads
        self._signature = read_signature(callee.shape, inject=is_context)
        names = self._signature.names
        if self._signature.shape == "stream" or len(names) != 1:
            raise SignatureFault(f"{callee.where}: a hook's handler takes one parameter, the value, no other")
        self._name = msgspec.json.encode(names[0])

    @property
    def where(self) -> str:
        """Name of the function, for messages."""
        return self._callee.where

    def bind(self) -> None:
        """Take the method of the instance."""
        self._callee.bind()

    async def ask(self, value: msgspec.Raw, link: Link) -> HookAnswer:
        """Ask it. Raises RpcError for a value or a result that is not what it has to be."""
        signature = self._signature
        args, kwargs, _ = signature.decode(b"{%b:%b}" % (self._name, bytes(value)))
        if signature.injected is not None:
            args = signature.inject(current.get(), args, kwargs)
        result: Any
        if signature.is_async:
            result = await self._callee.function(*args, **kwargs)
        else:
            result = await link.invoke(self._callee.function, *args, **kwargs)
        if self._reads is not None:
            result = self._reads(result)
        if result is None:
            return allow()
        if isinstance(result, Verdict):
            return result
        raise RpcError(
            INVALID_RESULT,
            f"{self.where} returned {type(result).__name__}; a hook's handler returns allow(), deny(reason), "
            "replace(value) or nothing",
        )


class HooksPart:
    """All handlers of one plugin."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._handlers: dict[str, Handler] = {}
        self._stopping = False
        self.controls: Mapping[str, Callable[[Inbound], Awaitable[Any]]] = {"plugin.hook": self._answer}

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Return what marked methods take part in."""
        for source in sources:
            for name, attribute, mark in source.marked(HookMark):
                budget_ms = None if mark.budget_s is None else max(1, round(mark.budget_s * 1_000))
                if name in self._handlers:
                    name = f"{name}:{mark.hook}"
                declared = HookHandler(name, mark.hook, mark.before, mark.after, budget_ms, mark.fail)
                self.add(declared, Callee.of_method(source, attribute))
        return self.provides()

    def provides(self) -> Mapping[str, Any]:
        """Return what there is so far."""
        return {"hooks": tuple(one.declared for one in self._handlers.values())}

    def add(self, declared: HookHandler, callee: Callee, reads: Reads | None = None) -> None:
        """Add a handler. Raises SignatureFault if it can't be one."""
        if declared.name in self._handlers:
            raise SignatureFault(f"{callee.where} takes part in {declared.hook!r} twice")
        self._handlers[declared.name] = Handler(declared, callee, reads)

    def bind(self, sources: Sequence[Source]) -> None:
        """Take the instances' methods."""
        for one in self._handlers.values():
            one.bind()

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take nothing: there are no notifications of hooks."""

    async def stop(self) -> None:
        """Answer no more; what is being asked ends by itself."""
        self._stopping = True

    async def _answer(self, inbound: Inbound) -> HookAnswer:
        try:
            call = _call(inbound.params)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise RpcError(INVALID_PARAMS, f"{inbound.method}: {exc}") from None
        one = self._handlers.get(call.handler)
        if one is None:
            raise RpcError(METHOD_NOT_FOUND, f"there is no handler {call.handler[:100]!r}")
        if self._stopping:
            raise RpcError(NOT_ACTIVE, "the plugin is being unloaded")
        return await one.ask(call.value, self._link)
