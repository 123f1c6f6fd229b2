"""Harness: the host's side of a plugin's tests, behind `plughost test-harness`.

Speaks JSON-RPC with the test over two descriptors: the test asks for `harness.*`, the harness asks back for
canned answers (`harness.canned`) and tells what the plugin asks and logs. It ends when the test closes its
end. How a host is built is not known here: `open_bench` does it.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final

import anyio
import msgspec

from host.devtools.bench import Bench, HarnessStart
from host.errors import HostClosed, InvalidParams, MethodNotFound, PlughostError
from protocol import jsonrpc
from protocol.errors import CANCELLED, ErrorObject, RpcError
from protocol.inbound import Inbound, Stream
from protocol.messages.meta import MetaOnly
from protocol.peer import Peer

CANNED_S: Final = 60.0
"""Longest time that a test's own answer may take."""

METHODS: Final = (
    "call",
    "emit",
    "hook",
    "command",
    "request",
    "configure",
    "health",
    "advance",
    "crash",
    "restart",
)
"""What a test may ask for by `harness.<name>`, beside `start` and `stream`."""

OpenBench = Callable[[HarnessStart, "Harness"], AbstractAsyncContextManager[Bench]]


class Call(msgspec.Struct, frozen=True):
    """Parameters of `harness.call`, `harness.stream` and `harness.command`."""

    method: str = ""
    name: str = ""
    params: dict[str, Any] = {}
    timeout_s: float = 5.0


class Harness:
    """One test's."""

    def __init__(
        self,
        read_fd: int,
        write_fd: int,
        open_bench: OpenBench,
        to_error: Callable[[BaseException, str], ErrorObject],
    ) -> None:
        """`to_error` makes of an error what goes over the wire."""
        self._open_bench = open_bench
        self._peer = Peer(read_fd, write_fd, self, self._handle, to_error)
        self._start: HarnessStart | None = None
        self._asked = anyio.Event()
        self._ready = anyio.Event()
        self._ended = anyio.Event()
        self._bench: Bench | None = None
        self._fault: PlughostError | None = None
        self._answers: list[tuple[str, str | None]] = []
        self._methods: dict[str, Callable[[Any], Awaitable[Any]]] = {
            name: getattr(self, f"_{name}") for name in METHODS
        }

    async def run(self) -> None:
        """Serve until the test closes its end."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._peer.run)
            await self._asked.wait()
            if self._start is not None:
                await self._serve(self._start)
            self._peer.close(lambda: RpcError(CANCELLED, "the harness ends"))

    def tell(self, method: str, params: Any) -> None:
        """Tell the test of something."""
        self._peer.notify(method, jsonrpc.encode(params))

    async def canned(self, method: str, params: Any) -> Any:
        """Ask the test what a method answers. Raises RpcError as the test does."""
        asked = jsonrpc.encode({"method": method, "params": params})
        return msgspec.json.decode(
            await self._peer.outgoing.request("harness.canned", asked, timeout_s=CANNED_S)
        )

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        """Take note of a method that the test answers."""
        if method != "harness.answer":
            return
        asked = msgspec.json.decode(params)
        one = (str(asked["method"]), asked.get("permission"))
        self._answers.append(one)
        if self._bench is not None:
            self._bench.answer(*one)

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        """Pass over it: the test's side says what it can't read."""

    def on_end(self) -> None:
        """The test is gone."""
        self._ended.set()
        self._asked.set()

    async def _serve(self, start: HarnessStart) -> None:
        try:
            async with self._open_bench(start, self) as bench:
                for one in self._answers:
                    bench.answer(*one)
                self._bench = bench
                self._ready.set()
                await self._ended.wait()
        except PlughostError as exc:
            if self._ready.is_set():
                raise
            self._fault = exc
            self._ready.set()
            await self._ended.wait()

    async def _handle(self, inbound: Inbound) -> Any:
        name = inbound.method.removeprefix("harness.")
        if name == "start":
            return await self._begin(inbound)
        if self._bench is None:
            raise HostClosed("the harness has no host yet", remedy="harness.start comes first")
        if name == "stream":
            return self._stream(inbound)
        function = self._methods.get(name)
        if function is None:
            raise MethodNotFound("the harness", inbound.method[:100], [])
        return await function(_read(inbound, Call if name in ("call", "command") else dict[str, Any]))

    async def _begin(self, inbound: Inbound) -> dict[str, Any]:
        if self._start is not None:
            raise InvalidParams("harness.start comes once")
        self._start = _read(inbound, HarnessStart)
        self._asked.set()
        await self._ready.wait()
        if self._fault is not None:
            raise self._fault
        return {"pid": await self._on.load()}

    @property
    def _on(self) -> Bench:
        assert self._bench is not None
        return self._bench

    def _stream(self, inbound: Inbound) -> Stream:
        asked = _read(inbound, Call)
        meta = _read(inbound, MetaOnly).meta
        credit = 1 if meta is None or meta.stream is None else meta.stream.credit
        items: AsyncIterator[Any] = self._on.stream(asked.method, asked.params, asked.timeout_s)
        return Stream(items, credit)

    async def _call(self, asked: Call) -> Any:
        return await self._on.call(asked.method, asked.params, asked.timeout_s)

    async def _command(self, asked: Call) -> Any:
        return await self._on.command(asked.name, asked.params)

    async def _emit(self, asked: dict[str, Any]) -> dict[str, Any]:
        await self._on.emit(asked["topic"], asked.get("data"))
        return {}

    async def _hook(self, asked: dict[str, Any]) -> dict[str, Any]:
        return await self._on.hook(asked["name"], asked.get("value"))

    async def _request(self, asked: dict[str, Any]) -> dict[str, Any]:
        if asked.pop("is_bytes", False):
            asked["body"] = str(asked["body"]).encode("latin-1")
        status, headers, data = await self._on.request(asked)
        is_bytes = isinstance(data, bytes)
        shown: Any = data.decode("latin-1") if isinstance(data, bytes) else data
        return {"status": status, "headers": headers, "data": shown, "is_bytes": is_bytes}

    async def _configure(self, asked: dict[str, Any]) -> dict[str, Any]:
        return await self._on.configure(asked["changes"])

    async def _health(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return await self._on.health()

    async def _advance(self, asked: dict[str, Any]) -> dict[str, Any]:
        await self._on.run_due(asked["from_s"], asked["until_s"])
        return {}

    async def _crash(self, _asked: dict[str, Any]) -> dict[str, Any]:
        await self._on.crash()
        return {}

    async def _restart(self, _asked: dict[str, Any]) -> dict[str, Any]:
        return {"pid": await self._on.restart()}


def _read(inbound: Inbound, shape: Any) -> Any:
    try:
        return msgspec.json.decode(inbound.params, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise InvalidParams(f"{inbound.method}: {exc}") from None
