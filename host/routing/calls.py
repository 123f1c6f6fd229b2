"""Calls into plugins: who is live, has it the method, how long may it take; and what came of it.

The host's callers and, through the gateway, other plugins come this way. Owns no state: the sessions are the
supervision's, the waiters the peer's.
"""

import difflib
import math
import time
from collections.abc import AsyncGenerator, Coroutine, Iterable, Mapping
from time import perf_counter
from typing import Any

import msgspec

from host.errors import InvalidParams, InvalidResult, MethodNotFound, PlughostError, WrongShape
from host.facade import LiveSession, LiveSessions
from host.routing.serving import served
from host.routing.trail import extended
from host.rpc import from_wire
from host.timing import Timing
from protocol import jsonrpc
from protocol.errors import CANCELLED, RpcError

MAX_NAMED = 5
"""Methods that an error names which knows of none with a name like the one that was called."""
MAX_TIMEOUT_S = 24 * 3600.0
"""Longest deadline that a caller may set."""

_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


class Calls:
    """All calls of one host into its plugins."""

    def __init__(self, sessions: LiveSessions, timing: Timing) -> None:
        self._sessions = sessions
        self._timing = timing

    def call(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None,
        timeout_s: float | None,
    ) -> Coroutine[Any, Any, Any]:
        """Call a method and return its decoded result.

        Raises:
            PlughostError: See `host.errors`; `DeadlineExceeded` after `timeout_s`.
        """
        return self._call(plugin, method, _encoded(plugin, method, params), timeout_s, True)

    def call_raw(
        self, plugin: str, method: str, params: bytes, timeout_s: float | None = None
    ) -> Coroutine[Any, Any, msgspec.Raw]:
        """Call with parameters given as the text of a JSON object; return the result's text."""
        return self._call(plugin, method, params, timeout_s, False)

    async def _call(
        self, plugin: str, method: str, params: bytes, timeout_s: float | None, decode: bool
    ) -> Any:
        session = self._sessions.live(plugin)
        provided = session.provided
        if provided is None or provided.get(method) is not False:
            _check_shape(session, plugin, method, stream=False)
        now = served.get()
        if timeout_s is None and now is None:
            budget_s = session.call_s
            trail = None
        else:
            budget_s = nested_budget(timeout_s, session.call_s)
            trail = extended(self._sessions, now, plugin, method)
        started = perf_counter()
        code = CANCELLED
        try:
            if trail is None:
                raw = await session.peer.outgoing.begin(method, params, budget_s)
            else:
                raw = await session.peer.outgoing.begin(
                    method, params, budget_s, meta=trail.meta(), trail=trail
                )
            code = 0
        except RpcError as exc:
            code = exc.code
            raise from_wire(exc, plugin, method) from None
        except PlughostError as exc:
            code = exc.wire_code
            raise
        finally:
            session.record(method, started, perf_counter() - started, code)
        if not decode:
            return raw
        try:
            return jsonrpc.decode_any(raw)
        except _UNREADABLE as exc:
            raise _unreadable(plugin, method, exc) from None

    async def stream(
        self,
        plugin: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        """Open a stream and yield its decoded items; leaving the loop cancels it."""
        items = self.stream_raw(plugin, method, _encoded(plugin, method, params), timeout_s=timeout_s)
        try:
            async for item in items:
                yield _decoded(plugin, method, item)
        finally:
            await items.aclose()

    async def stream_raw(
        self, plugin: str, method: str, params: bytes, *, timeout_s: float | None = None
    ) -> AsyncGenerator[msgspec.Raw, None]:
        """Open a stream and yield its items' texts."""
        session = self._sessions.live(plugin)
        _check_shape(session, plugin, method, stream=True)
        total_s = nested_budget(timeout_s, self._timing.stream_total_s)
        trail = extended(self._sessions, served.get(), plugin, method)
        started = perf_counter()
        code = CANCELLED
        try:
            reader = await session.peer.outgoing.open_stream(
                method,
                params,
                timeout_s=total_s,
                idle_s=min(self._timing.stream_idle_s, total_s),
                meta=b"" if trail is None else trail.meta(),
                trail=trail,
            )
            try:
                while (item := await reader.next()) is not None:
                    yield item
            finally:
                reader.close()
            code = 0
        except RpcError as exc:
            code = exc.code
            raise from_wire(exc, plugin, method) from None
        except PlughostError as exc:
            code = exc.wire_code
            raise
        except GeneratorExit:
            code = 0
            raise
        finally:
            session.record(method, started, perf_counter() - started, code)


def nested_budget(timeout_s: float | None, default_s: float) -> float:
    """Return how long a call may take: what it asks for, within the budget of the call that it serves.

    Raises:
        InvalidParams: It asks for what is no time, or for too long.
    """
    if timeout_s is None:
        timeout_s = default_s
    elif not 0.0 <= timeout_s <= MAX_TIMEOUT_S:
        what = "not a number" if math.isnan(timeout_s) else f"{timeout_s}"
        raise InvalidParams(f"timeout_s is {what}; allowed: 0 to {MAX_TIMEOUT_S:.0f} seconds")
    now = served.get()
    if now is None or now.budget_until is None:
        return timeout_s
    return max(0.0, min(timeout_s, now.budget_until - time.monotonic()))


def _check_shape(session: LiveSession, plugin: str, method: str, *, stream: bool) -> None:
    provided = session.provided
    if provided is None:
        return
    is_stream = provided.get(method)
    if is_stream is None:
        near = difflib.get_close_matches(method, provided, n=3)
        raise MethodNotFound(f"plugin {plugin!r}", method, near, "" if near else _there_is(provided))
    if is_stream and not stream:
        raise WrongShape(f"{plugin}.{method} is a stream", remedy="open it with host.stream")
    if stream and not is_stream:
        raise WrongShape(f"{plugin}.{method} is not a stream", remedy="call it with host.call")


def _there_is(provided: Iterable[str]) -> str:
    names = sorted(provided)
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return (
        f"call one that it has: {', '.join(names[:MAX_NAMED])}{more}" if names else "it has no methods at all"
    )


def _encoded(plugin: str, method: str, params: Mapping[str, Any] | None) -> bytes:
    if not params:
        return b"{}"
    try:
        text = jsonrpc.encode(params)
    except (TypeError, ValueError, OverflowError, RecursionError) as exc:
        raise InvalidParams(f"the parameters of {plugin}.{method} can't be expressed in JSON: {exc}") from exc
    if type(params) is not dict and text[:1] != b"{":
        raise InvalidParams(f"the parameters of {plugin}.{method} must be a mapping of names to values")
    if "_meta" in params:
        raise InvalidParams(
            f"{plugin}.{method}: a parameter may not be called '_meta'; it belongs to the protocol"
        )
    return text


def _decoded(plugin: str, method: str, raw: msgspec.Raw) -> Any:
    try:
        return jsonrpc.decode_any(raw)
    except _UNREADABLE as exc:
        raise _unreadable(plugin, method, exc) from None


def _unreadable(plugin: str, method: str, exc: Exception) -> InvalidResult:
    return InvalidResult(f"the result of {plugin}.{method} can't be read: {exc}")
