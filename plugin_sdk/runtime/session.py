"""Session: the plugin's side of one connection, from the first request to the last.

Owns the peer, the instance and its handlers, and answers `plugin.*`. Does not know where its descriptors
come from: `run` claims them from stdio, tests hand it a socket pair.
"""

import asyncio
import difflib
import os
import sys
import threading
import traceback
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any, TypeVar

import msgspec

from plugin_sdk.api.host import Host
from plugin_sdk.api.log import MAX_MESSAGE_CHARS, Log
from plugin_sdk.context import Context, current
from plugin_sdk.plugin import Plugin
from plugin_sdk.runtime.entry import EntryFault
from plugin_sdk.runtime.handlers import Handler, read_handlers
from plugin_sdk.runtime.pool import Pool
from protocol import errors, jsonrpc
from protocol.errors import ErrorObject, RpcError
from protocol.incoming import Inbound
from protocol.messages.meta import MetaOnly
from protocol.messages.plugin import (
    Capabilities,
    InitializeParams,
    InitializeResult,
    LoadParams,
    Product,
    ProvidedMethod,
)
from protocol.peer import Peer
from protocol.polling import Lingering, Polling
from protocol.signatures import SignatureFault
from protocol.version import PROTOCOL_VERSIONS, RELEASE, negotiate

CALL_TIMEOUT_S = 5.0
"""Deadline of a call to the host that is made outside of any call. Source: behaviour in numbers, *Life*."""

STREAM_IDLE_S = 30.0
"""Longest time between two items of a stream that the plugin reads."""

STREAM_TOTAL_S = 600.0
"""Longest time that a stream is read."""

_T = TypeVar("_T")
_Control = Callable[[Inbound], Awaitable[Any]]


class Session:
    """One plugin, connected to its host."""

    def __init__(
        self,
        read_fd: int,
        write_fd: int,
        load_class: Callable[[], type[Plugin]],
        *,
        stack_dump_signal: str | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._load_class = load_class
        self._stack_dump_signal = stack_dump_signal
        self._pool = Pool(self._loop)
        self._class: type[Plugin] | None = None
        self._plugin: Plugin | None = None
        self._handlers: dict[str, Handler] = {}
        self._active = False
        self._control: dict[str, _Control] = {
            "plugin.initialize": self._initialize,
            "plugin.load": self._load,
            "plugin.unload": self._unload,
            "plugin.ping": self._ping,
            "rpc.discover": self._discover,
        }
        self._polling = Polling()
        self._peer = Peer(
            read_fd,
            write_fd,
            self,
            self._handle,
            self._to_error,
            unbounded=frozenset({"plugin.ping"}),
            polling=self._polling,
        )

    async def run(self) -> None:
        """Serve until the host closes its end."""
        await self._peer.run()

    def wait(self, awaitable: Awaitable[_T]) -> _T:
        """Wait from another thread; see `Plugin.wait`."""
        if threading.get_ident() == self._thread:
            raise RuntimeError("wait() is for `def` handlers; on the event loop, use await")
        future = asyncio.run_coroutine_threadsafe(_awaited(awaitable), self._loop)
        context = current.get()
        if context is not None:
            context.on_cancel(future.cancel)
        return future.result()

    async def call_host(self, method: str, params: Any, timeout_s: float | None) -> Any:
        """Call the host; the call that is being served lends its budget and its cancellation."""
        budget_s, meta = self._budget(timeout_s, CALL_TIMEOUT_S)
        raw = await self._peer.outgoing.request(method, jsonrpc.encode(params), timeout_s=budget_s, meta=meta)
        return _decoded(method, raw)

    async def stream_host(
        self, method: str, params: Any, timeout_s: float | None
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

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        """Ignore notifications of a newer host."""

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        """Say on stderr what the host did wrong."""
        print(f"plughost: {kind}: {detail} {head!r}", file=sys.stderr)  # noqa: T201

    def on_end(self) -> None:
        """Leave: without a host there is nobody to work for."""
        self._peer.close(_host_gone)

    def _handle(self, inbound: Inbound) -> Awaitable[Any]:
        """Return what serves a request; not a coroutine itself, because this is on the way of every call."""
        handler = self._handlers.get(inbound.method)
        if handler is None or not self._active:
            return self._handle_other(inbound, handler)
        args, kwargs, meta = handler.signature.decode(inbound.params)
        context = Context(inbound, meta, self._loop, self._thread)
        current.set(context)
        if handler.plain is not None and (meta is None or meta.stream is None):
            return handler.plain(*args, **kwargs)
        return handler.call(args, kwargs, meta, context)

    async def _handle_other(self, inbound: Inbound, handler: Handler | None) -> Any:
        control = self._control.get(inbound.method)
        if control is not None:
            meta = _params(inbound, MetaOnly).meta
            current.set(Context(inbound, meta, self._loop, self._thread))
            return await control(inbound)
        if handler is not None:
            raise RpcError(errors.NOT_ACTIVE, f"{inbound.method} is not there yet: the plugin is not loaded")
        near = difflib.get_close_matches(inbound.method, self._handlers, n=3)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise RpcError(
            errors.METHOD_NOT_FOUND, f"there is no method {inbound.method!r}{hint}", {"near": near}
        )

    async def _initialize(self, inbound: Inbound) -> InitializeResult:
        params = _params(inbound, InitializeParams)
        version = negotiate(params.protocol_versions)
        if version is None:
            spoken, offered = list(PROTOCOL_VERSIONS), list(params.protocol_versions)
            raise RpcError(
                errors.VERSION_MISMATCH, f"this SDK speaks protocol versions {spoken}, the host {offered}"
            )
        if params.polls:
            self._polling.enabled = True
            self._peer.linger(Lingering())
        if self._class is None:
            cls = self._load_class()
            self._handlers = read_handlers(cls, self._pool)
            self._class = cls
        return InitializeResult(
            protocol_version=version,
            sdk=Product("plughost-sdk", RELEASE),
            capabilities=Capabilities(meta=True, stack_dump_signal=self._stack_dump_signal),
            methods=tuple(
                ProvidedMethod(name, handler.signature.shape == "stream")
                for name, handler in self._handlers.items()
            ),
        )

    async def _load(self, inbound: Inbound) -> dict[str, Any]:
        params = _params(inbound, LoadParams)
        if self._class is None or self._plugin is not None:
            raise RpcError(errors.INVALID_REQUEST, "plugin.load comes once, after plugin.initialize")
        self._peer.outgoing.sends_meta = True
        plugin = self._plugin = self._class.__new__(self._class)
        plugin.log = Log(self._send_log)
        plugin.host = Host(self)
        plugin.config = params.config
        plugin._session = self  # pyright: ignore[reportPrivateUsage]
        plugin.__init__()
        for handler in self._handlers.values():
            handler.bind(plugin)
        await plugin.on_load()
        self._active = True
        return {}

    async def _unload(self, inbound: Inbound) -> dict[str, Any]:
        self._active = False
        if self._plugin is not None:
            await self._plugin.on_unload()
        return {}

    async def _ping(self, inbound: Inbound) -> dict[str, Any]:
        return {}

    async def _discover(self, inbound: Inbound) -> dict[str, Any]:
        from plugin_sdk.runtime.discovery import describe

        return describe(self._class.__name__ if self._class else "plugin", self._handlers)

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

    def _send_log(self, line: bytes) -> bool:
        if threading.get_ident() == self._thread:
            return self._peer.notify("log.write", line)
        try:
            self._loop.call_soon_threadsafe(self._peer.notify, "log.write", line)
        except RuntimeError:
            return False  # the loop is closed: the process is leaving
        return True

    def _to_error(self, exc: BaseException, method: str) -> ErrorObject:
        match exc:
            case RpcError():
                return exc.to_object()
            case EntryFault() | SignatureFault():
                return ErrorObject(errors.LOAD_FAULT, str(exc))
            case _:
                return self._incident(exc, method)

    def _incident(self, exc: BaseException, method: str) -> ErrorObject:
        """Log what nobody expected; only an id of it goes on the wire."""
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
        message = f"{method} failed unexpectedly; incident {incident}"
        return ErrorObject(errors.INTERNAL_ERROR, message, {"incident": incident})


def _own_frames(exc: BaseException) -> Any:
    """Return the traceback from the first frame that is the author's."""
    frames = exc.__traceback__
    while frames is not None:
        module: str = frames.tb_frame.f_globals.get("__name__", "")
        if not module.startswith(("plugin_sdk.runtime", "protocol.", "contextvars")):
            return frames
        frames = frames.tb_next
    return exc.__traceback__


def _params(inbound: Inbound, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(inbound.params, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise RpcError(errors.INVALID_PARAMS, f"{inbound.method}: {exc}") from None


def _host_gone() -> RpcError:
    return RpcError(errors.CANCELLED, "the host is gone")


def _decoded(method: str, raw: msgspec.Raw) -> Any:
    try:
        return jsonrpc.decode_any(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise RpcError(errors.PROTOCOL_FAULT, f"the result of {method} can't be read: {exc}") from None


async def _awaited(awaitable: Awaitable[_T]) -> _T:
    return await awaitable
