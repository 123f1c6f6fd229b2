"""Control calls: requests that the host makes of a running plugin beyond its own methods, such as
`plugin.command` and `plugin.tick`.

Owns their deadline and their accounting, and that one which serves a plugin's call inherits from it: the rest
of its budget and its trail. What is asked, and when, is the services' business.
"""

from time import perf_counter
from typing import TypeVar

import msgspec

from host.errors import InvalidResult, PlughostError
from host.facade import LiveSession, LiveSessions
from host.routing.calls import MAX_TIMEOUT_S, nested_budget
from host.routing.serving import served
from host.routing.trail import Trail, extended
from host.rpc import from_wire
from protocol import jsonrpc
from protocol.choices import told
from protocol.errors import CANCELLED, RpcError

_T = TypeVar("_T")


class ControlCalls:
    """All control calls of one host."""

    def __init__(self, sessions: LiveSessions) -> None:
        self._sessions = sessions

    def live(self, plugin: str) -> LiveSession:
        """Return the session of a plugin that runs; see `LiveSessions.live`."""
        return self._sessions.live(plugin)

    async def ask(
        self,
        plugin: str,
        method: str,
        params: msgspec.Struct,
        name: str = "",
        *,
        timeout_s: float,
        idle_s: float | None = None,
        counted: bool = True,
    ) -> msgspec.Raw:
        """Ask, and return the answer's text; signs of progress extend `idle_s`, never `timeout_s`.

        `name` says which command, endpoint or the like: a plugin may ask itself for another one.

        Raises:
            PluginNotFound, NotActive, Disabled, Quarantined: The plugin does not run.
            CallCycle, CallDepth: It serves a call for which the plugin waits, or too many do.
            CallError: There was no result.
        """
        session = self._sessions.live(plugin)
        what = f"{method} {name}" if name else method
        # Kept also where it serves nobody: the waiter alone does not know the name.
        trail = extended(self._sessions, served.get(), plugin, what, own=True) or Trail((plugin,), (what,))
        budget_s = nested_budget(timeout_s, MAX_TIMEOUT_S)
        started = perf_counter()
        code = CANCELLED
        try:
            raw = await session.peer.outgoing.begin(
                method, jsonrpc.encode(params), budget_s, idle_s=idle_s, meta=trail.meta(), trail=trail
            )
            code = 0
        except RpcError as exc:
            code = exc.code
            raise from_wire(exc, plugin, method) from None
        except PlughostError as exc:
            code = exc.wire_code
            raise
        finally:
            if counted:
                session.record(method, started, perf_counter() - started, code)
        return raw


def read_answer(raw: msgspec.Raw, shape: type[_T], plugin: str, method: str) -> _T:
    """Return an answer as what it has to be.

    Raises:
        InvalidResult: It is something else.
    """
    try:
        return msgspec.json.decode(raw, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidResult(f"the answer of {plugin} to {method} can't be read: {told(exc, shape)}") from None
