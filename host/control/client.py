"""The control socket's client: a facade whose host is another process.

Its methods are made from the facade's Protocol. Attach with `connect`; front ends are handed what it yields
and know no difference to a host in this process.
"""

import inspect
import os
import typing
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import msgspec

from host.control import wire
from host.control.attaching import attach
from host.control.client_link import ClientLink
from host.control.followers import BoardFollower, StreamFollower, TailFollower
from host.control.socket_place import socket_of
from host.control.wire import KEY_NAME, Subscribed, Welcome, encode
from host.facade.board import Board
from host.facade.facade import Facade, wire_name
from host.facade.queries import QUERIES
from host.facade.tails import Tail, TailQuery
from host.facade.verbs import VERBS
from protocol.credit import STREAM_CREDIT

__all__ = ["ControlClient", "connect", "socket_of"]


class ControlClient:
    """A host in another process, as a facade. Its queries and verbs are set below, one for each."""

    def __init__(self, link: ClientLink, welcome: Welcome, socket: Path) -> None:
        self._link = link
        self.welcome = welcome
        """What the host said when this client attached."""
        self.socket = socket

    @asynccontextmanager
    async def watch(self, topics: Sequence[str], *, hz: float = 2.0) -> AsyncGenerator[Board]:
        """Follow rows by topic; see `Facade.watch`."""
        follower = BoardFollower()
        asked = {"topics": list(topics), "hz": hz}
        number = _number(await self._link.request("watch", encode(asked), follower=follower))
        try:
            await follower.ready.wait()
            if follower.error is not None:
                raise follower.error
            yield follower.board
        finally:
            self._link.forget(number)

    @asynccontextmanager
    async def tail(self, wanted: TailQuery) -> AsyncGenerator[Tail]:
        """Follow lines; see `Facade.tail`."""
        follower = TailFollower(wanted.source)
        number = _number(await self._link.request("tail", encode({"wanted": wanted}), follower=follower))
        try:
            yield follower.tail
        finally:
            self._link.forget(number)
            follower.tail.close()

    async def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Open a plugin's stream and yield its items; see `Facade.stream`."""
        follower = StreamFollower()
        asked = {
            "plugin": plugin,
            "method": method,
            "params": None if params is None else dict(params),
            "timeout_s": timeout_s,
            "credit": STREAM_CREDIT,
        }
        answer = await self._link.request("stream", encode(asked), does=True, follower=follower)
        number = _number(answer)

        def acknowledge(items: int) -> None:
            self._link.notify(wire.CREDIT, {"subscription": number, "n": items})

        try:
            while True:
                try:
                    item = await follower.next(acknowledge)
                except StopAsyncIteration:
                    return
                yield item
        finally:
            self._link.forget(number)

    async def lost(self) -> None:
        """Wait until the connection is gone."""
        await self._link.lost.wait()


@asynccontextmanager
async def connect(
    data: Path | None = None,
    socket: Path | None = None,
    *,
    client: str = "plughost",
    read_only: bool = False,
) -> AsyncGenerator[Facade]:
    """Attach to the host that holds a data folder (the user's usual one if none is named), or to a socket.

    `client` is what this program is called; the audit has it. With `read_only` the host refuses its verbs.

    Raises:
        NoHost: Nobody is there. NoAnswer: Somebody is, and does not answer.
        Denied: It may not be used by this user, or by this program.
        ProtocolFault: The two sides speak different versions.
    """
    link, welcome, path = await attach(data, socket, client, read_only=read_only)
    try:
        yield cast("Facade", ControlClient(link, welcome, path))
    finally:
        link.close()


def pid_of(facade: Facade) -> int | None:
    """Return the pid of the host that this facade is attached to; None where it is in this process."""
    return facade.welcome.pid if isinstance(facade, ControlClient) else None


def _number(answer: msgspec.Raw) -> int:
    return msgspec.json.decode(answer, type=Subscribed).subscription


@cache
def _reads(name: str) -> tuple[inspect.Signature, Callable[[bytes], Any]]:
    """Return how a method is called, and what reads its result."""
    function = getattr(Facade, name)
    result = typing.get_type_hints(function).get("return", Any)
    return inspect.signature(function), msgspec.json.Decoder(result).decode


def _asking(name: str) -> Callable[..., Awaitable[Any]]:
    on_wire, is_verb = wire_name(name), name in VERBS

    async def ask(self: ControlClient, *args: Any, **kwargs: Any) -> Any:
        signature, read = _reads(name)
        asked = signature.bind(self, *args, **kwargs).arguments
        del asked["self"]
        if is_verb:
            # A verb with a key is done once and to its end, though this connection be lost.
            asked[KEY_NAME] = os.urandom(16).hex()
        return read(await self._link.request(on_wire, encode(asked), does=is_verb))  # pyright: ignore[reportPrivateUsage]

    ask.__name__ = name
    ask.__qualname__ = f"ControlClient.{name}"
    ask.__doc__ = getattr(Facade, name).__doc__
    return ask


for _name in sorted(QUERIES | VERBS):
    setattr(ControlClient, _name, _asking(_name))
