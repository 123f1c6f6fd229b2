"""Handlers: a plugin class's published methods, read once, ready to be called from JSON."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence
from types import MethodType
from typing import Any, cast

from plugin_sdk.context import Context
from plugin_sdk.plugin import published
from plugin_sdk.runtime.pool import Pool
from plugin_sdk.runtime.source import Source
from protocol.errors import WRONG_SHAPE, RpcError
from protocol.incoming import Stream
from protocol.messages.meta import Meta
from protocol.signatures import Signature, SignatureFault, read_signature

_END = object()


class Handler:
    """One published method."""

    __slots__ = ("_bound", "_inline", "_lock", "_pool", "_source", "attribute", "name", "plain", "signature")

    def __init__(
        self,
        name: str,
        source: Source,
        attribute: str,
        signature: Signature,
        inline: bool,
        serial: bool,
        pool: Pool,
    ) -> None:
        self.name = name
        self.attribute = attribute
        self.signature = signature
        self._source = source
        self._inline = inline
        self._lock = asyncio.Lock() if serial else None
        self._pool = pool
        self._bound: Callable[..., Any] | None = None
        self.plain: Callable[..., Any] | None = None
        """The bound method itself, where calling it is all there is to do: most methods are like that."""

    @property
    def owner(self) -> str:
        """Name of the class that publishes it."""
        return self._source.cls.__name__

    def bind(self) -> None:
        """Take the method of the instance, which is there by now."""
        self._bound = self._source.bound(self.attribute)
        signature = self.signature
        if (
            signature.is_async
            and signature.shape == "value"
            and signature.injected is None
            and self._lock is None
        ):
            self.plain = self._bound

    async def call(
        self, args: tuple[Any, ...], kwargs: dict[str, Any], meta: Meta | None, context: Context
    ) -> Any:
        """Run it; the result is a value, or a `Stream` if the caller asked for one."""
        function = self._bound
        assert function is not None
        signature = self.signature
        if signature.injected is not None:
            args = signature.inject(context, args, kwargs)
        wants = meta.stream if meta is not None else None
        if signature.shape == "stream":
            if wants is None:
                raise RpcError(WRONG_SHAPE, f"{self.name} is a stream; open it as one (host.stream)")
            items = function(*args, **kwargs)
            if not signature.is_async:
                items = _in_threads(items, self._pool)
            return Stream(items if self._lock is None else _locked(items, self._lock), wants.credit)
        if wants is not None:
            raise RpcError(WRONG_SHAPE, f"{self.name} is not a stream; call it (host.call)")
        if self._lock is None:
            return await self._value(function, args, kwargs)
        if not signature.is_async and not self._inline:
            return await self._one_thread(function, args, kwargs, self._lock)
        async with self._lock:
            return await self._value(function, args, kwargs)

    async def _one_thread(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], lock: asyncio.Lock
    ) -> Any:
        """Hold the lock until the thread is done, which may be long after its caller was cancelled."""
        await lock.acquire()
        try:
            work = self._pool.submit(lambda: function(*args, **kwargs))
        except BaseException:
            lock.release()
            raise
        work.add_done_callback(lambda _: lock.release())
        return await asyncio.shield(work)

    async def _value(
        self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        if self.signature.is_async:
            return await function(*args, **kwargs)
        if self._inline:
            return function(*args, **kwargs)
        return await self._pool.submit(lambda: function(*args, **kwargs))


def read_handlers(sources: Sequence[Source], pool: Pool) -> dict[str, Handler]:
    """Read every published method of a plugin's classes.

    Raises:
        SignatureFault: A method can't be called from JSON, or its name is not free.
    """
    handlers: dict[str, Handler] = {}
    for source in sources:
        cls = source.cls
        for name, (attribute, options) in published(cls).items():
            if "." in name or name.startswith("$"):
                raise SignatureFault(
                    f"{cls.__name__}.{attribute}: a method's name has no dot and no $, unlike {name!r}"
                )
            if name in handlers:
                other = handlers[name].owner
                raise SignatureFault(f"{other} and {cls.__name__} both publish a method {name!r}")
            signature = read_signature(MethodType(getattr(cls, attribute), object()), inject=_is_context)
            handlers[name] = Handler(name, source, attribute, signature, options.inline, options.serial, pool)
    return handlers


def _is_context(_parameter: str, annotation: Any) -> bool:
    return annotation is Context


async def _in_threads(items: Iterator[Any], pool: Pool) -> AsyncGenerator[Any, None]:
    ended = False
    try:
        while (item := await pool.submit(lambda: next(items, _END))) is not _END:
            yield item
        ended = True
    finally:
        if not ended:
            # Its clean-up is the author's code too, and would block the event loop if it were collected here.
            with contextlib.suppress(RpcError):
                pool.submit(lambda: _close(items))


def _close(items: Iterator[Any]) -> None:
    with contextlib.suppress(ValueError):  # it is at work in another thread, which drops it afterwards
        cast("Generator[Any]", items).close()


async def _locked(items: AsyncGenerator[Any, None], lock: asyncio.Lock) -> AsyncGenerator[Any, None]:
    async with lock:
        try:
            async for item in items:
                yield item
        finally:
            await items.aclose()
