"""The facade: all that a front end may see of a host and do to it.

Implemented by a host in this process (`host.operations`) and by the client of the control socket
(`host.control`); one suite of tests runs over both. This Protocol is also the table of the control socket's
methods: `plugin_start` is `plugin.start` on the wire, its annotations are checked there, and what is marked
as a verb is refused to a client that only looks, kept in the audit, and done once for one idempotency key.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from host.facade.board import Board
from host.facade.queries import Queries
from host.facade.tails import Tail, TailQuery
from host.facade.verbs import Verbs


class Facade(Queries, Verbs, Protocol):
    """One host. Every method may raise what `host.errors` holds, also through a socket.

    A plugin that is not there is PluginNotFound with near names, in each method that takes one.
    """

    def watch(self, topics: Sequence[str], *, hz: float = 2.0) -> AbstractAsyncContextManager[Board]:
        """Follow rows by topic (see `rows`), at most `hz` (0.1 to 10) times a second.

        The board has the first picture when it is entered.
        """
        ...

    def tail(self, wanted: TailQuery) -> AbstractAsyncContextManager[Tail]:
        """Follow lines; the last ones from before come first. Calls are traced only while somebody does."""
        ...

    def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Open a plugin's stream and yield its items. Audited, as `call` is."""
        ...


def wire_name(method: str) -> str:
    """Return a facade method's name on the control socket: `plugin_start` is `plugin.start`."""
    return method.replace("_", ".", 1)
