"""Session: the plugin's side of one connection, from the first request to the last.

Owns the peer, the instance and its handlers, and answers `plugin.*`. Does not know where its descriptors
come from: `run` claims them from stdio, tests hand it a socket pair.
"""

import asyncio
import difflib
import sys
import threading
from collections.abc import Awaitable, Callable, Sequence
from importlib import import_module
from time import monotonic
from typing import Any, TypeVar

import msgspec

from plugin_sdk.api.host import Host
from plugin_sdk.api.log import Log
from plugin_sdk.context import Context, current
from plugin_sdk.plugin import Plugin
from plugin_sdk.runtime.entry import EntryFault
from plugin_sdk.runtime.handlers import Handler, read_handlers
from plugin_sdk.runtime.lifecycle import begin, end, fields_of, kind_of
from plugin_sdk.runtime.link import Link
from plugin_sdk.runtime.parts import CONTROLS, NOTIFICATIONS, PARTS, Control, Part, parts_of
from plugin_sdk.runtime.pool import Pool
from plugin_sdk.runtime.source import Source, sources_of
from protocol import errors
from protocol.errors import ErrorObject, RpcError
from protocol.incoming import Inbound
from protocol.messages.meta import Meta, MetaOnly
from protocol.messages.plugin import (
    Capabilities,
    InitializeParams,
    InitializeResult,
    LoadParams,
    Product,
    ProvidedMethod,
)
from protocol.messages.provides import NOTHING, Provides
from protocol.peer import Peer
from protocol.polling import Lingering, Polling
from protocol.signatures import SignatureFault
from protocol.version import PROTOCOL_VERSIONS, RELEASE, negotiate

_T = TypeVar("_T")
_UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_meta_only = msgspec.json.Decoder(MetaOnly).decode


class Session:
    """One plugin, connected to its host."""

    def __init__(
        self,
        read_fd: int,
        write_fd: int,
        load_classes: Callable[[], Sequence[type[Plugin]]],
        *,
        stack_dump_signal: str | None = None,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._load_classes = load_classes
        self._stack_dump_signal = stack_dump_signal
        self._pool = Pool(self._loop)
        self._sources: tuple[Source, ...] = ()
        self._provides = NOTHING
        self._declared = NOTHING
        self._parts: dict[str, Part] = {}
        self._loaded = False
        self._handlers: dict[str, Handler] = {}
        self._active = False
        self._control: dict[str, Control] = {
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
            unbounded=frozenset({"plugin.ping", "plugin.events"}),
            polling=self._polling,
        )
        self.link = Link(self._peer, self._pool, self.part)

    async def run(self) -> None:
        """Serve until the host closes its end."""
        async with asyncio.TaskGroup() as group:
            self.link.group = group
            await self._peer.run()
            self.link.end_tasks()

    def wait(self, awaitable: Awaitable[_T]) -> _T:
        """Wait from another thread; see `Plugin.wait`."""
        if threading.get_ident() == self._thread:
            raise RuntimeError("wait() is for `def` handlers; on the event loop, use await")
        future = asyncio.run_coroutine_threadsafe(_awaited(awaitable), self._loop)
        context = current.get()
        if context is not None:
            context.on_cancel(future.cancel)
        return future.result()

    def part(self, name: str) -> Part:
        """Return a part of this session, made if it was not needed before."""
        part = self._parts.get(name)
        if part is None:
            row = PARTS[name]
            part = getattr(import_module(row.module), row.cls)(self.link)
            self._parts[name] = part
            self._control |= part.controls
            if self._loaded:
                part.bind(self._sources)
        return part

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        """Hand a notification to the part that takes it; those of a newer host are ignored."""
        name = NOTIFICATIONS.get(method)
        if name is not None and name in self._parts:
            self._parts[name].notified(method, params)

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
        context = Context(inbound, meta, self._loop, self._thread, monotonic())
        current.set(context)
        if handler.plain is not None and (meta is None or meta.stream is None):
            return handler.plain(*args, **kwargs)
        return handler.call(args, kwargs, meta, context)

    async def _handle_other(self, inbound: Inbound, handler: Handler | None) -> Any:
        control = self._control.get(inbound.method) or self._part_control(inbound.method)
        if control is not None:
            meta = _meta(inbound)
            current.set(Context(inbound, meta, self._loop, self._thread, monotonic()))
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
        link = self.link
        link.plugin_id, link.plugin_name = params.plugin_id, params.plugin_name
        link.plugin_version = params.plugin_version
        if params.polls:
            self._polling.enabled = True
            self._peer.linger(Lingering())
        if not self._sources:
            sources = sources_of(self._load_classes())
            self._declared = params.declared
            if self._declared != NOTHING:
                from plugin_sdk.runtime.declared import mark_declared

                mark_declared(sources, self._declared)
            kind = kind_of(sources, params.plugin_type)
            self._handlers = read_handlers(sources, self._pool)
            self._provides = self._read_parts(sources, kind)
            self._sources = sources
        return InitializeResult(
            protocol_version=version,
            sdk=Product("plughost-sdk", RELEASE),
            capabilities=Capabilities(meta=True, stack_dump_signal=self._stack_dump_signal),
            methods=tuple(
                ProvidedMethod(name, handler.signature.shape == "stream")
                for name, handler in self._handlers.items()
            ),
            provides=self._provides,
        )

    async def _load(self, inbound: Inbound) -> dict[str, Any]:
        params = _params(inbound, LoadParams)
        if not self._sources or self._loaded:
            raise RpcError(errors.INVALID_REQUEST, "plugin.load comes once, after plugin.initialize")
        self._loaded = True
        self._peer.outgoing.sends_meta = True
        link = self.link
        link.config = params.config
        for source in self._sources:
            plugin = source.instance = source.cls.__new__(source.cls)
            plugin.log = Log(link.send_log)
            plugin.host = Host(link)
            plugin._session = self  # pyright: ignore[reportPrivateUsage]
            plugin.__init__()
        for handler in self._handlers.values():
            handler.bind()
        for part in self._parts.values():
            part.bind(self._sources)
        for source in self._sources:
            await begin(source, link)
        if self._declared != NOTHING:
            from plugin_sdk.runtime.declared import check_declared

            check_declared(self._declared, self.part)
        self._active = True
        return {}

    async def _unload(self, inbound: Inbound) -> dict[str, Any]:
        self._active = False
        for part in self._parts.values():
            await part.stop()
        for source in reversed(self._sources):
            await end(source, self.link)
        return {}

    async def _ping(self, inbound: Inbound) -> dict[str, Any]:
        return {}

    async def _discover(self, inbound: Inbound) -> dict[str, Any]:
        from plugin_sdk.runtime.discovery import describe

        return describe(self._sources[0].cls.__name__ if self._sources else "plugin", self._handlers)

    def _read_parts(self, sources: Sequence[Source], kind: str) -> Provides:
        """Make the parts that the classes need, and return what they provide."""
        names = {name for source in sources for name in parts_of(source.cls)}
        fields: dict[str, Any] = {}
        for name in sorted(names):
            fields |= self.part(name).read(sources)
        fields |= fields_of(sources, kind, self.link)
        return Provides(**fields) if fields else NOTHING

    def _part_control(self, method: str) -> Control | None:
        """Return what answers a method of a part that is not there yet; that makes it."""
        name = CONTROLS.get(method)
        return None if name is None else self.part(name).controls[method]

    def _to_error(self, exc: BaseException, method: str) -> ErrorObject:
        match exc:
            case RpcError():
                return exc.to_object()
            case EntryFault() | SignatureFault():
                return ErrorObject(errors.LOAD_FAULT, str(exc))
            case _:
                return self.link.incident(exc, method)


def _meta(inbound: Inbound) -> Meta | None:
    try:
        return _meta_only(inbound.params).meta
    except _UNREADABLE as exc:
        raise _invalid(inbound, exc) from None


def _params(inbound: Inbound, shape: type[_T]) -> _T:
    try:
        return msgspec.json.decode(inbound.params, type=shape)
    except _UNREADABLE as exc:
        raise _invalid(inbound, exc) from None


def _invalid(inbound: Inbound, exc: Exception) -> RpcError:
    return RpcError(errors.INVALID_PARAMS, f"{inbound.method}: {exc}")


def _host_gone() -> RpcError:
    return RpcError(errors.CANCELLED, "the host is gone")


async def _awaited(awaitable: Awaitable[_T]) -> _T:
    return await awaitable
