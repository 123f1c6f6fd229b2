"""Link: the way from a plugin's own code to its host: `self.host`, `self.storage` and the others use it.

Owns what a call that is being served lends to the calls that it makes: its budget, and its cancellation. Does
not know what is called.
"""

import asyncio
import inspect
import os
import threading
import traceback
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any

import msgspec

from plugin_sdk.api.log import MAX_MESSAGE_CHARS
from plugin_sdk.context import current
from plugin_sdk.runtime.pool import Pool
from protocol import errors, jsonrpc
from protocol.errors import ErrorObject, RpcError
from protocol.peer import Peer

CALL_TIMEOUT_S = 5.0
"""Deadline of a call to the host that is made outside of any call. Source: behaviour in numbers, *Life*."""

STREAM_IDLE_S = 30.0
"""Longest time between two items of a stream that the plugin reads."""

STREAM_TOTAL_S = 600.0
"""Longest time that a stream is read."""

STARTS = frozenset({"plugin.initialize", "plugin.load"})
"""Requests whose failure tells what was raised: whoever starts a plugin has to mend it."""

MAX_REASON_CHARS = 1_000
"""Of an exception's text in the answer to one of them."""


class Link:
    """One session's."""

    def __init__(self, peer: Peer, pool: Pool, find_part: Callable[[str], Any]) -> None:
        self._peer = peer
        self._pool = pool
        self._tasks: set[asyncio.Task[object]] = set()
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._find_part = find_part
        self.config: dict[str, Any] = {}
        """The plugin's configuration, from `plugin.load` on."""
        self.plugin_id = ""
        """The plugin's id, from `plugin.initialize` on."""
        self.plugin_name = ""
        self.plugin_version = ""
        """As its manifest says, like the name."""
        self.group: asyncio.TaskGroup | None = None
        """Where work of its own is started; there while the session runs."""

    async def call_host(self, method: str, params: Any, timeout_s: float | None = None) -> Any:
        """Call the host; the call that is being served lends its budget and its cancellation."""
        budget_s, meta = self._budget(timeout_s, CALL_TIMEOUT_S)
        raw = await self._peer.outgoing.begin(method, jsonrpc.encode(params), budget_s, None, meta)
        return _decoded(method, raw)

    async def stream_host(
        self, method: str, params: Any, timeout_s: float | None = None
    ) -> AsyncGenerator[Any, None]:
        """Open a stream of the host."""
        if isinstance(params, list):
            raise TypeError(f"{method}: a stream takes its arguments by name")
        budget_s, meta = self._budget(timeout_s, STREAM_TOTAL_S)
        reader = await self._peer.outgoing.open_stream(
            method, jsonrpc.encode(params), timeout_s=budget_s, idle_s=min(STREAM_IDLE_S, budget_s), meta=meta
        )
        try:
            while (item := await reader.next()) is not None:
                yield _decoded(method, item)
        finally:
            reader.close()

    def notify_host(self, method: str, params: bytes) -> bool:
        """Send a notification, from any thread; False if it had to be dropped. `params` is JSON text."""
        if threading.get_ident() == self._thread:
            return self._peer.notify(method, params)
        try:
            self._loop.call_soon_threadsafe(self._peer.notify, method, params)
        except RuntimeError:
            return False  # the loop is closed: the process is leaving
        return True

    def part(self, name: str) -> Any:
        """Return a part of the session by its name, made if it is not there; see `runtime.parts`."""
        return self._find_part(name)

    async def invoke(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call an author's function: on the event loop if it is async, else in a worker thread.

        A plain function that returns something to be awaited, as `lambda: self.sync()` does, has it awaited.

        Raises:
            RpcError: `overloaded`, if it needs a thread and all are busy.
        """
        if inspect.iscoroutinefunction(function):
            return await function(*args, **kwargs)
        result: Any = await self._pool.submit(lambda: function(*args, **kwargs))
        return await result if inspect.isawaitable(result) else result

    def start(self, work: Coroutine[Any, Any, object]) -> "asyncio.Task[object]":
        """Start work that may outlive the call; what it raises is logged, and it ends with the session."""
        assert self.group is not None
        task = self.group.create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def end_tasks(self) -> None:
        """Cancel all that was started."""
        for task in self._tasks:
            task.cancel()

    async def _guarded(self, work: Coroutine[Any, Any, object]) -> object:
        try:
            return await work
        except Exception as exc:  # noqa: BLE001 - the border of an author's own work; the log tells of it
            self.incident(exc, work.__qualname__)
            return None

    def send_log(self, line: bytes) -> bool:
        """Send a log line."""
        return self.notify_host("log.write", line)

    def incident(self, exc: BaseException, method: str) -> ErrorObject:
        """Log what nobody expected; an id of it goes on the wire, and of a failed start what was raised."""
        incident = os.urandom(6).hex()
        text = "".join(traceback.format_exception(type(exc), exc, _own_frames(exc)))
        log = jsonrpc.encode(
            {
                "level": "error",
                "message": f"{method} raised {type(exc).__name__}",
                "data": {"incident": incident},
                "exception": jsonrpc.printable(text[-MAX_MESSAGE_CHARS:]),
            }
        )
        self._peer.notify("log.write", log)
        what = _raised(exc) if method in STARTS else f"{method} failed unexpectedly"
        message = f"{what}; incident {incident}"
        return ErrorObject(errors.INTERNAL_ERROR, message, {"incident": incident})

    def unexpected(self, exc: Exception, what: str) -> RpcError:
        """Return the answer for what an author's function raised unexpectedly; the log names the function."""
        made = self.incident(exc, what)
        return RpcError(made.code, made.message, made.data)

    def _budget(self, timeout_s: float | None, default_s: float) -> tuple[float, bytes]:
        context = current.get()
        # A task inherits the context of the handler that started it, and may outlive the call by far.
        if context is None or context.finished:
            return default_s if timeout_s is None else timeout_s, b""
        left_s = context.remaining_s()
        if left_s is not None:
            timeout_s = left_s if timeout_s is None else min(timeout_s, left_s)
        meta = b',"parent":%b' % jsonrpc.encode(context.request_id)
        return default_s if timeout_s is None else timeout_s, meta


def _raised(exc: BaseException) -> str:
    name = type(exc).__name__
    try:
        text = jsonrpc.printable(str(exc))
    except Exception as broken:  # noqa: BLE001 - an author's own __str__
        text = f"(its text can't be made: {type(broken).__name__})"
    if len(text) > MAX_REASON_CHARS:
        text = f"{text[:MAX_REASON_CHARS]}{jsonrpc.CUT}"
    return f"{name}: {text}" if text else name


def _own_frames(exc: BaseException) -> Any:
    """Return the traceback from the first frame that is the author's."""
    frames = exc.__traceback__
    while frames is not None:
        module: str = frames.tb_frame.f_globals.get("__name__", "")
        if not module.startswith(("plugin_sdk.runtime", "protocol.", "contextvars")):
            return frames
        frames = frames.tb_next
    return exc.__traceback__


def _decoded(method: str, raw: msgspec.Raw) -> Any:
    try:
        return jsonrpc.decode_any(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise RpcError(errors.PROTOCOL_FAULT, f"the result of {method} can't be read: {exc}") from None
