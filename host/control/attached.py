"""A client that is attached: who it is, what it may do, what it follows.

Owns the methods that are about the connection itself; their annotations are checked as the facade's are.
"""

import os
import time
from typing import Any, Final

import msgspec

from host.control.peer_credentials import PeerCredentials
from host.control.subscriptions import Subscription, Subscriptions
from host.control.verb_runner import VerbRunner, acting_as
from host.control.wire import CONTROL_VERSION, Welcome, encode
from host.errors import Denied, InvalidParams, ProtocolFault
from host.facade.facade import Facade
from host.facade.pages import ClientPage
from host.facade.tails import TailQuery
from host.logs import clean
from protocol.version import RELEASE

MAX_NAME_CHARS: Final = 100

OWN_METHODS: Final = ("hello", "watch", "tail", "stream", "credit", "unsubscribe")
"""Those of this class that are methods of the socket."""


class Attached:
    """One client."""

    def __init__(
        self,
        facade: Facade,
        runner: VerbRunner,
        peer: PeerCredentials,
        number: int,
        follows: Subscriptions,
        *,
        read_only: bool,
    ) -> None:
        """`read_only`: nobody may change anything over this socket."""
        self._facade = facade
        self._runner = runner
        self._number = number
        self._host_read_only = read_only
        self._since_s = time.time()
        self.peer = peer
        self.follows = follows
        self.name = ""
        """What it calls itself; empty until it said hello."""
        self.read_only = read_only

    @property
    def by(self) -> str:
        """Who it is, as the audit tells it."""
        return f"{self.name or 'somebody'} ({self.peer})"

    def page(self) -> ClientPage:
        """Return what others are shown of it."""
        return ClientPage(
            id=f"c{self._number}",
            name=self.name,
            pid=self.peer.pid,
            uid=self.peer.uid,
            since_s=self._since_s,
            subscriptions=len(self.follows),
            dropped=self.follows.dropped,
        )

    def check_hello(self) -> None:
        """Raise ProtocolFault if it has not said hello."""
        if not self.name:
            raise ProtocolFault(
                "the first request of a connection is hello",
                remedy=f'call hello with {{"client": "NAME", "protocol": {CONTROL_VERSION}}}',
            )

    def check_may_act(self, method: str) -> None:
        """Raise Denied if it only looks, or everybody does."""
        if self._host_read_only:
            raise Denied(
                f"{method} is refused: the control socket of this host is read-only",
                remedy="act where the host runs",
            )
        if self.read_only:
            raise Denied(
                f"{method} is refused: this client attached as one that only looks",
                remedy="attach without read-only",
            )

    async def hello(self, client: str, protocol: int, read_only: bool = False) -> Welcome:
        """Say who it is and which version it speaks; the first request of a connection."""
        if protocol != CONTROL_VERSION:
            older = "client" if protocol < CONTROL_VERSION else "host"
            raise ProtocolFault(
                f"the client speaks version {protocol} of the control protocol, the host (Plughost "
                f"{RELEASE}) speaks version {CONTROL_VERSION}",
                remedy=f"update the {older}: it is the older of the two",
                protocol=CONTROL_VERSION,
                version=RELEASE,
            )
        name = clean(client).strip()[:MAX_NAME_CHARS]
        if not name:
            raise InvalidParams("client: found an empty text; allowed: what the program is called")
        self.name = name
        self.read_only = self._host_read_only or read_only
        return Welcome(CONTROL_VERSION, RELEASE, os.getpid(), self.read_only)

    async def watch(self, topics: tuple[str, ...], hz: float = 2.0) -> Subscription:
        """Follow rows by topic: `frame` notifications, the first with all of them; see `Facade.watch`."""
        return await self.follows.watch(self._facade, topics, hz)

    async def tail(self, wanted: TailQuery) -> Subscription:
        """Follow lines: `batch` notifications; see `Facade.tail`."""
        return await self.follows.tail(self._facade, wanted)

    async def stream(
        self,
        plugin: str,
        method: str,
        params: dict[str, Any] | None = None,
        timeout_s: float | None = None,
        credit: int | None = None,
    ) -> Subscription:
        """Open a plugin's stream: `item` notifications, as many as there is credit for."""
        self.check_may_act("stream")
        items = acting_as(self._facade, self.by).stream(plugin, method, params, timeout_s)
        opened = await self.follows.stream(items, credit)
        asked = {"plugin": plugin, "method": method, "params": params, "timeout_s": timeout_s}
        shown = {name: msgspec.Raw(encode(value)) for name, value in asked.items()}
        self._runner.tell(self.by, "stream", shown, "opened")
        return opened

    async def credit(self, subscription: int, n: int) -> None:
        """Let a stream send `n` more items, since as many were taken."""
        self.follows.acknowledge(subscription, n)

    async def unsubscribe(self, subscription: int) -> None:
        """End a board, a tail or a stream; `end` is the last of it."""
        self.follows.close(subscription)
