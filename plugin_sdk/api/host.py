"""`self.host`: the host's API, by attribute.

`await self.host.clock.now()` calls, `async for item in self.host.plugins.stream(...)` reads a stream. The
names are looked up by the host, so an embedder's own namespaces need nothing here.
"""

import warnings
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio


class Link(Protocol):
    """The way to the host; see `plugin_sdk.runtime.link`."""

    config: dict[str, Any]
    """The plugin's configuration."""
    plugin_id: str

    def part(self, name: str) -> Any:
        """Return a part of the session by its name, made if it is not there."""
        ...

    async def invoke(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """Call an author's function: on the event loop if it is async, else in a worker thread."""
        ...

    def start(self, work: Coroutine[Any, Any, object]) -> "asyncio.Task[object]":
        """Start work that may outlive the call; it ends with the session at the latest."""
        ...

    async def call_host(self, method: str, params: Any, timeout_s: float | None = None) -> Any:
        """Call, and wait for the decoded result."""
        ...

    def stream_host(
        self, method: str, params: Any, timeout_s: float | None = None
    ) -> AsyncGenerator[Any, None]:
        """Open a stream."""
        ...

    def notify_host(self, method: str, params: bytes) -> bool:
        """Send a notification; False if it had to be dropped."""
        ...


class HostCall:
    """A call that is made when it is awaited, or opened as a stream when it is iterated."""

    __slots__ = ("_link", "_method", "_params", "_timeout_s", "_used")

    def __init__(self, link: Link, method: str, params: Any, timeout_s: float | None) -> None:
        self._link = link
        self._method = method
        self._params = params
        self._timeout_s = timeout_s
        self._used = False

    def __await__(self) -> Generator[Any, None, Any]:
        self._used = True
        return self._link.call_host(self._method, self._params, self._timeout_s).__await__()

    def __aiter__(self) -> AsyncGenerator[Any, None]:
        self._used = True
        return self._link.stream_host(self._method, self._params, self._timeout_s)

    def __del__(self) -> None:
        if not self._used:
            warnings.warn(f"the call of {self._method} was never awaited", RuntimeWarning, stacklevel=2)


class Namespace:
    """One namespace of the host's API."""

    def __init__(self, link: Link, name: str) -> None:
        self._link = link
        self._name = name

    def __getattr__(self, name: str) -> "Function":
        if name.startswith("__"):
            raise AttributeError(name)
        return Function(self._link, f"{self._name}.{name}")


class Function:
    """One function of the host's API. Arguments go by name, or all by position."""

    def __init__(self, link: Link, method: str) -> None:
        self._link = link
        self._method = method

    def __getattr__(self, name: str) -> "Function":
        if name.startswith("__"):
            raise AttributeError(name)
        return Function(self._link, f"{self._method}.{name}")

    def __call__(self, *args: Any, **kwargs: Any) -> HostCall:
        """Return the call, to be awaited or iterated."""
        if args and kwargs:
            raise TypeError(f"{self._method}: give all arguments by name, or all by position")
        return HostCall(self._link, self._method, list(args) if args else kwargs, None)


class Host:
    """The host's API."""

    def __init__(self, link: Link) -> None:
        self._link = link

    def __getattr__(self, name: str) -> Namespace:
        if name.startswith("__"):
            raise AttributeError(name)
        return Namespace(self._link, name)

    def call(
        self,
        method: str,
        params: Mapping[str, Any] | list[Any] | None = None,
        *,
        timeout_s: float | None = None,
    ) -> HostCall:
        """Call a method by its full name, with a deadline of its own.

        Without one the budget of the call that is being served counts, else 5 s.

        Raises:
            RpcError: What the host answers, or `deadline_exceeded`.
        """
        return HostCall(self._link, method, {} if params is None else params, timeout_s)
