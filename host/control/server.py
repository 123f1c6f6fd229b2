"""The control socket's server: what a host shows and lets be done, to programs of its user on this machine.

Owns who may connect and how many. Each connection is a `session`; what is on the wire is in docs/control.md.
Made by whoever builds a host; runs until it is cancelled. Nothing that a client sends ends it.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import anyio
from anyio.abc import TaskGroup, TaskStatus

from host.clock import Clock, SystemClock
from host.control.answers import Answers
from host.control.attached import Attached
from host.control.connection import STALL_S, Connection
from host.control.error_mapping import to_wire
from host.control.listening import listen_in
from host.control.method_table import method_table
from host.control.peer_credentials import is_trusted, read_peer
from host.control.session import Session
from host.control.subscriptions import Subscriptions
from host.control.verb_runner import Audit, VerbRunner
from host.errors import Denied, Overloaded, PlughostError
from host.facade.facade import Facade
from host.facade.pages import ClientPage

if TYPE_CHECKING:
    from host.control.dispatch import Dispatcher

logger = logging.getLogger(__name__)

MAX_CLIENTS: Final = 64
"""Connections at a time."""

_ACCEPT_AGAIN_S: Final = 0.2
"""Pause before the next try where the system has no descriptor left for a connection."""


def _untold(_by: str, _method: str, _params: Mapping[str, Any], _outcome: str) -> None:
    pass


class ControlServer:
    """One server, over one facade."""

    def __init__(
        self,
        facade: Facade,
        *,
        is_plugins: Callable[[int], bool] | None = None,
        audit: Audit = _untold,
        read_only: bool = False,
        clock: Clock | None = None,
        stall_s: float = STALL_S,
    ) -> None:
        """`is_plugins(pid)` tells whether a process belongs to a plugin; such a peer is refused.

        It is asked for each connection, on the event loop. Of a process that is gone it says True. The audit
        is told of peers that were refused, and of verbs where the facade has no `acting_as` and so no audit
        of its own.
        """
        self._facade = facade
        self._is_plugins = is_plugins
        self._audit = audit
        self._read_only = read_only
        self._clock = clock or SystemClock()
        self._stall_s = stall_s
        self._attached: set[Attached] = set()
        self._connections = 0
        self._count = 0
        self._path: Path | None = None

    @property
    def socket_path(self) -> str:
        """Where it listens; empty while it does not."""
        return "" if self._path is None else str(self._path)

    def clients(self) -> tuple[ClientPage, ...]:
        """Return who is attached."""
        return tuple(client.page() for client in self._attached)

    async def run(self, data: Path, *, task_status: TaskStatus[Path] = anyio.TASK_STATUS_IGNORED) -> None:
        """Listen in a data folder, which the caller holds the lock of, and serve until cancelled.

        Reports the socket's path once it listens.

        Raises:
            AlreadyRunning: Another host answers there.
            SettingsError: The folder can't be used for it.
        """
        listening = listen_in(data)
        try:
            from host.control.dispatch import Dispatcher

            async with anyio.create_task_group() as tasks:
                runner = VerbRunner(self._facade, Answers(self._clock), self._audit, tasks)
                dispatcher = Dispatcher(method_table(self._facade, runner))
                self._path = listening.path
                task_status.started(listening.path)
                while True:
                    await anyio.wait_readable(listening.listener)
                    try:
                        connected, _ = listening.listener.accept()
                    except BlockingIOError:
                        continue
                    except OSError as exc:
                        logger.warning("a client could not be let in", extra={"fields": {"error": str(exc)}})
                        await anyio.sleep(_ACCEPT_AGAIN_S)
                        continue
                    connected.setblocking(False)
                    tasks.start_soon(self._serve, connected, dispatcher, runner)
        finally:
            self._path = None
            listening.close()

    async def _serve(self, connected: socket.socket, dispatcher: "Dispatcher", runner: VerbRunner) -> None:
        try:
            refusal = self._refuse(connected)
            if refusal is None:
                await self._attach(connected, dispatcher, runner)
                return
            with connected:
                connected.send(dispatcher.error_line(None, to_wire(refusal, "the connection")))
        except Exception:
            # The border of a connection: whatever happens on it, the others stay.
            logger.exception("a connection of the control socket failed")

    def _refuse(self, connected: socket.socket) -> PlughostError | None:
        """Return why this peer may not be here, None if it may."""
        try:
            peer = read_peer(connected)
        except OSError as exc:
            return Denied(f"nobody can tell who is there: {exc}")
        denied = ""
        if not is_trusted(peer.uid):
            denied = f"the control socket is for its host's own user; this is {peer}"
        elif self._is_plugins is not None and peer.pid is None:
            # It can't be looked at, and may be a plugin that made itself a namespace.
            denied = (
                f"the control socket is for processes that the host can see, and this one is outside; {peer}"
            )
        elif self._is_plugins is not None and self._is_plugins(peer.pid or 0):
            denied = f"plugins may not use the control socket; {peer} belongs to one"
        if denied:
            self._tell(str(peer), denied)
            return Denied(denied, remedy="run the program as the host's user, and not from within a plugin")
        if self._connections >= MAX_CLIENTS:
            return Overloaded(f"{MAX_CLIENTS} clients are attached", remedy="close some of them")
        return None

    def _tell(self, by: str, denied: str) -> None:
        logger.warning("a peer was refused", extra={"fields": {"peer": by, "why": denied}})
        try:
            self._audit(by, "connect", {}, f"denied: {denied}")
        except Exception:
            logger.exception("the audit could not be told")

    async def _attach(self, connected: socket.socket, dispatcher: "Dispatcher", runner: VerbRunner) -> None:
        session = Session(dispatcher, stall_s=self._stall_s)
        mine: list[Attached] = []
        peer = read_peer(connected)
        self._count += 1
        number = self._count

        def attach(connection: Connection, tasks: TaskGroup) -> Attached:
            client = Attached(
                self._facade,
                runner,
                peer,
                number,
                Subscriptions(connection, tasks),
                read_only=self._read_only,
            )
            self._attached.add(client)
            mine.append(client)
            return client

        self._connections += 1
        try:
            await asyncio.get_running_loop().connect_accepted_socket(lambda: session.connection, connected)
            await session.run(attach)
        finally:
            self._connections -= 1
            self._attached.difference_update(mine)
