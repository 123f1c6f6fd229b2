"""The commands of a plugin: marked methods, and handlers that were registered in code."""

import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from plugin_sdk.context import current
from plugin_sdk.decorators.command import CommandMark
from plugin_sdk.runtime.callee import Callee, callee_named, is_context
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.source import Source
from protocol import jsonrpc
from protocol.errors import INVALID_PARAMS, METHOD_NOT_FOUND, RpcError
from protocol.incoming import Inbound
from protocol.messages.commands import CommandOutcome, CommandRun
from protocol.messages.provides import Command
from protocol.signatures import Signature, SignatureFault, read_signature

Fallback = Callable[[str, Mapping[str, Any]], Awaitable[CommandOutcome]]
_PLAIN = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
_ANYTHING = {"type": "object", "additionalProperties": True}


class CommandHandler:
    """One command."""

    __slots__ = ("_callee", "_signature", "declared")

    def __init__(self, name: str, description: str, callee: Callee) -> None:
        self._callee = callee
        self._signature: Signature | None = None
        params: dict[str, Any] = _ANYTHING
        if not _takes_all(callee.shape):
            self._signature = read_signature(callee.shape, inject=is_context)
            if self._signature.shape == "stream":
                raise SignatureFault(f"{callee.where}: a command returns a value, it is no stream")
            params = self._signature.schema()[0]
        self.declared = Command(name, description, params)

    @property
    def where(self) -> str:
        """Name of the function, for messages."""
        return self._callee.where

    def bind(self) -> None:
        """Take the method of the instance."""
        self._callee.bind()

    async def run(self, params: Mapping[str, Any], link: Link) -> Any:
        """Run it. Raises RpcError for parameters that it does not take."""
        if self._signature is None:
            text = jsonrpc.encode(params)  # the values may be texts yet
            return await self._invoke(link, msgspec.json.decode(text))
        args, kwargs, _ = self._signature.decode(jsonrpc.encode(params))
        if self._signature.injected is not None:
            args = self._signature.inject(current.get(), args, kwargs)
        return await self._invoke(link, *args, **kwargs)

    async def _invoke(self, link: Link, *args: Any, **kwargs: Any) -> Any:
        try:
            return await link.invoke(self._callee.function, *args, **kwargs)
        except RpcError:
            raise
        except Exception as exc:  # noqa: BLE001 - the border of an author's function; the log names it
            raise link.unexpected(exc, f"command {self.declared.name!r}") from None


class CommandsPart:
    """All commands of one plugin."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._sources: Sequence[Source] = ()
        self._commands: dict[str, CommandHandler] = {}
        self.controls = {"plugin.command": self._answer}
        self.fallback: Fallback | None = None
        """What answers a command that is not there; without it, that is an error."""

    def read(self, sources: Sequence[Source]) -> Mapping[str, Any]:
        """Return what marked methods offer."""
        for source in sources:
            for _, attribute, mark in source.marked(CommandMark):
                self.add(mark.name, Callee.of_method(source, attribute), mark.description)
        return {"commands": tuple(one.declared for one in self._commands.values())}

    def bind(self, sources: Sequence[Source]) -> None:
        """Take the instances' methods."""
        self._sources = sources
        for one in self._commands.values():
            one.bind()

    def notified(self, method: str, params: msgspec.Raw) -> None:
        """Take nothing: there are no notifications of commands."""

    async def stop(self) -> None:
        """Do nothing: commands under way end by themselves, and the host sends no more."""

    def add(self, name: str, handler: Callee | Callable[..., Any], description: str = "") -> Command:
        """Add a command; the host does not know of it yet. Raises SignatureFault if it can't be one."""
        callee = handler if isinstance(handler, Callee) else Callee.of_function(handler)
        there = self._commands.get(name)
        if there is not None:
            raise SignatureFault(
                f"{callee.where} is the command {name!r} already"
                if there.where == callee.where
                else f"{there.where} and {callee.where} both are the command {name!r}"
            )
        self._commands[name] = made = CommandHandler(name, description, callee)
        return made.declared

    def remove(self, name: str) -> bool:
        """Remove a command; return whether it was there."""
        return self._commands.pop(name, None) is not None

    def answers(self, declared: Command) -> bool:
        """Tell whether something answers a command that the manifest declares."""
        there = self.fallback is not None or declared.name in self._commands
        return there or callee_named(self._sources, declared.name) is not None

    def find(self, name: str) -> CommandHandler | None:
        """Return a command."""
        return self._commands.get(name)

    async def run(self, name: str, params: Mapping[str, Any]) -> Any:
        """Run a command. Raises RpcError: there is none, or its parameters are others."""
        one = self._commands.get(name)
        if one is None:
            import difflib

            near = difflib.get_close_matches(name, self._commands, n=3)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise RpcError(METHOD_NOT_FOUND, f"there is no command {name[:100]!r}{hint}", {"near": near})
        return await one.run(params, self._link)

    async def _answer(self, inbound: Inbound) -> CommandOutcome:
        try:
            call = msgspec.json.decode(inbound.params, type=CommandRun)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
            raise RpcError(INVALID_PARAMS, f"{inbound.method}: {exc}") from None
        if call.declared and call.command not in self._commands:
            callee = callee_named(self._sources, call.command)
            if callee is not None:
                self._commands[call.command] = CommandHandler(call.command, "", callee)
        if self.fallback is not None and call.command not in self._commands:
            return await self.fallback(call.command, call.params)
        return CommandOutcome(True, await self.run(call.command, call.params))


def _takes_all(function: Callable[..., Any]) -> bool:
    """Tell whether a handler takes all parameters as one mapping: `handler(args)`."""
    parameters = list(inspect.signature(function).parameters.values())
    if len(parameters) != 1 or parameters[0].name != "args" or parameters[0].kind not in _PLAIN:
        return False
    annotation: Any = parameters[0].annotation
    return annotation in (parameters[0].empty, dict, "dict") or str(annotation).startswith(
        ("dict[", "Mapping[", "typing.Mapping[", "collections.abc.Mapping[")
    )
