"""A whole session in one loop: the SDK at one end of a socket pair, a peer as its host at the other."""

import asyncio
import contextvars
import functools
import socket
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from anyio.lowlevel import checkpoint

from plugin_sdk import Context, Plugin, PluginError, RpcError, method
from plugin_sdk.runtime.entry import EntryFault
from plugin_sdk.runtime.pool import MAX_THREADS
from plugin_sdk.runtime.session import Session
from protocol import errors, jsonrpc
from protocol.errors import ErrorObject
from protocol.incoming import Inbound, Stream
from protocol.messages.meta import Progress
from protocol.peer import Peer
from protocol.stream_reader import StreamReader
from protocol.version import RELEASE

TIMEOUT_S = 20.0
INITIALIZE: dict[str, Any] = {
    "protocol_versions": [1],
    "host": {"name": "plughost", "version": "1"},
    "plugin_id": "sample",
    "plugin_version": "1",
    "session": "s1",
}


class HostSide:
    """The host's end: answers calls, keeps log lines and counts faults."""

    def __init__(self, fd: int) -> None:
        self.logs: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.raw: list[bytes] = []
        self.handlers: dict[str, Callable[[Inbound], Awaitable[Any]]] = {}
        self.peer = Peer(fd, fd, self, self._handle, _to_error)
        self.peer.outgoing.sends_meta = True

    async def _handle(self, inbound: Inbound) -> Any:
        return await self.handlers[inbound.method](inbound)

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        assert method == "log.write"
        self.logs.append(msgspec.json.decode(params))

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        self.faults.append(kind)

    def on_end(self) -> None: ...

    async def call(
        self, method: str, params: Any = None, *, timeout_s: float = TIMEOUT_S, **more: Any
    ) -> Any:
        text = jsonrpc.encode({} if params is None else params)
        return msgspec.json.decode(
            await self.peer.outgoing.request(method, text, timeout_s=timeout_s, **more)
        )

    async def open(self, method: str, params: Any = None) -> StreamReader:
        text = jsonrpc.encode({} if params is None else params)
        return await self.peer.outgoing.open_stream(method, text, timeout_s=TIMEOUT_S, idle_s=TIMEOUT_S)

    async def read(self, method: str, params: Any = None) -> list[Any]:
        reader = await self.open(method, params)
        items: list[Any] = []
        while (item := await reader.next()) is not None:
            items.append(msgspec.json.decode(item))
        return items

    async def start(self, config: dict[str, Any] | None = None) -> Any:
        result = await self.call("plugin.initialize", INITIALIZE)
        await self.call("plugin.load", {"config": config or {}, "grants": []})
        return result


def _to_error(exc: BaseException, method: str) -> ErrorObject:
    assert isinstance(exc, RpcError)
    return exc.to_object()


@asynccontextmanager
async def session(load: Callable[[], type[Plugin]], signal: str | None = None) -> AsyncGenerator[HostSide]:
    near, far = socket.socketpair()
    fd = far.detach()
    served = Session(fd, fd, load, stack_dump_signal=signal)
    host = HostSide(near.detach())
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
        running = tasks.create_task(served.run())
        tasks.create_task(host.peer.run())
        try:
            yield host
        finally:
            host.peer.close(lambda: RpcError(errors.PLUGIN_DIED, "closed"))
            await running


@asynccontextmanager
async def started(cls: type[Plugin], config: dict[str, Any] | None = None) -> AsyncGenerator[HostSide]:
    async with session(lambda: cls) as host:
        await host.start(config)
        yield host


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await checkpoint()


async def refused(call: Awaitable[Any]) -> RpcError:
    with pytest.raises(RpcError) as caught:
        await call
    return caught.value


# ---- handshake


class Greeter(Plugin):
    def __init__(self) -> None:
        self.at_init = (dict(self.config), self.log is not None, self.host is not None)
        self.loaded = False

    async def on_load(self) -> None:
        self.loaded = True
        self.log.info("ready")

    async def on_unload(self) -> None:
        self.log.info("leaving")

    @method
    async def greet(self, name: str, times: int = 1) -> str:
        return f"{self.config.get('greeting', 'Hello')}, {name}" * times

    @method
    def state(self) -> list[Any]:
        return [*self.at_init, self.loaded]

    @method
    async def stream(self) -> AsyncIterator[int]:
        yield 1


async def test_the_handshake_says_what_the_plugin_is_and_provides() -> None:
    async with session(lambda: Greeter, "SIGUSR2") as host:
        result = await host.call("plugin.initialize", INITIALIZE)
        assert result == {
            "protocol_version": 1,
            "sdk": {"name": "plughost-sdk", "version": RELEASE},
            "capabilities": {"meta": True, "stack_dump_signal": "SIGUSR2"},
            "methods": [{"name": "greet"}, {"name": "state"}, {"name": "stream", "stream": True}],
        }
        assert await host.call("plugin.initialize", INITIALIZE) == result


async def test_a_method_is_not_active_before_load_and_after_unload() -> None:
    async with session(lambda: Greeter) as host:
        assert (await refused(host.call("greet", {"name": "x"}))).code == errors.METHOD_NOT_FOUND
        await host.call("plugin.initialize", INITIALIZE)
        assert (await refused(host.call("greet", {"name": "x"}))).code == errors.NOT_ACTIVE
        await host.call("plugin.load", {"config": {"greeting": "Hi"}, "grants": []})
        assert await host.call("greet", {"name": "x"}) == "Hi, x"
        assert await host.call("state") == [{"greeting": "Hi"}, True, True, True]
        assert await host.call("plugin.unload") == {}
        assert (await refused(host.call("greet", {"name": "x"}))).code == errors.NOT_ACTIVE
        assert [line["message"] for line in host.logs] == ["ready", "leaving"]


async def test_load_comes_once_and_after_initialize() -> None:
    async with session(lambda: Greeter) as host:
        load = {"config": {}, "grants": []}
        assert (await refused(host.call("plugin.load", load))).code == errors.INVALID_REQUEST
        assert await host.call("plugin.unload") == {}
        await host.start()
        assert (await refused(host.call("plugin.load", load))).code == errors.INVALID_REQUEST


async def test_a_host_of_another_protocol_is_told_both_versions() -> None:
    async with session(lambda: Greeter) as host:
        error = await refused(host.call("plugin.initialize", INITIALIZE | {"protocol_versions": [7, 8]}))
        assert error.code == errors.VERSION_MISMATCH
        assert "[1]" in error.message
        assert "[7, 8]" in error.message


@pytest.mark.parametrize("params", [{}, [], INITIALIZE | {"host": 5}])
async def test_bad_parameters_of_the_hosts_own_methods_are_refused(params: Any) -> None:
    async with session(lambda: Greeter) as host:
        assert (await refused(host.call("plugin.initialize", params))).code == errors.INVALID_PARAMS


async def test_what_can_not_be_loaded_is_a_load_fault_each_time() -> None:
    def fail() -> type[Plugin]:
        raise EntryFault("there is no class")

    class Bad(Plugin):
        @method
        async def act(self, path: Plugin) -> None: ...

    async with session(fail) as host:
        error = await refused(host.call("plugin.initialize", INITIALIZE))
        assert (error.code, error.message) == (errors.LOAD_FAULT, "there is no class")
    async with session(lambda: Bad) as host:
        for _ in range(2):
            error = await refused(host.call("plugin.initialize", INITIALIZE))
            assert error.code == errors.LOAD_FAULT
            assert "act: parameter 'path'" in error.message


class Dotted(Plugin):
    @method(name="a.b")
    async def act(self) -> None: ...


class Dollar(Plugin):
    @method(name="$x")
    async def act(self) -> None: ...


class Twice(Plugin):
    @method(name="act")
    async def one(self) -> None: ...

    @method(name="act")
    async def other(self) -> None: ...


@pytest.mark.parametrize(
    ("cls", "text"),
    [(Dotted, "no dot"), (Dollar, "no dot"), (Twice, "one and other are both published as 'act'")],
)
async def test_a_method_name_that_is_not_free_is_a_load_fault(cls: type[Plugin], text: str) -> None:
    async with session(lambda: cls) as host:
        error = await refused(host.call("plugin.initialize", INITIALIZE))
        assert error.code == errors.LOAD_FAULT
        assert text in error.message


async def test_a_derived_class_replaces_a_method() -> None:
    class Derived(Greeter):
        @method
        async def greet(self, name: str) -> str:
            return f"derived {name}"

    async with started(Derived) as host:
        assert await host.call("greet", {"name": "x"}) == "derived x"


async def test_an_on_load_that_fails_to_validate_is_an_incident_and_no_fault_of_the_hosts() -> None:
    class Strict(Plugin):
        async def on_load(self) -> None:
            msgspec.convert(self.config, dict[str, int])

    async with session(lambda: Strict) as host:
        error = await refused(host.start({"a": "b"}))
        assert error.code == errors.INTERNAL_ERROR
        await until(lambda: host.logs)
        assert "ValidationError" in host.logs[0]["exception"]


async def test_discovery_describes_the_methods() -> None:
    async with session(lambda: Greeter) as host:
        assert (await host.call("rpc.discover"))["methods"] == []
        await host.start()
        document = await host.call("rpc.discover")
        assert document["info"]["title"] == "Greeter"
        greet, state, stream = document["methods"]
        assert greet["name"] == "greet"
        assert [(param["name"], param["required"]) for param in greet["params"]] == [
            ("name", True),
            ("times", False),
        ]
        assert greet["result"] == {"name": "result", "schema": {"type": "string"}}
        assert state["params"] == []
        assert stream["x-stream"]
        assert stream["result"] == {"name": "item", "schema": {"type": "integer"}}


# ---- methods of every kind


class Kinds(Plugin):
    def __init__(self) -> None:
        self.gate = threading.Event()
        self.entered = 0
        self.at_once = 0
        self.most = 0
        self.cleaned_in = ""
        self.contexts: list[Context] = []

    @method
    async def on_loop(self, a: int, *, b: int = 2) -> list[Any]:
        return [a, b, threading.current_thread() is threading.main_thread()]

    @method
    def in_thread(self, a: int) -> list[Any]:
        return [a, threading.current_thread().name.startswith("handler-")]

    @method(inline=True)
    def inlined(self) -> bool:
        return threading.current_thread() is threading.main_thread()

    @method(serial=True, inline=True)
    def inlined_serial(self) -> int:
        return 5

    @method(serial=True)
    async def serial(self) -> int:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        for _ in range(5):
            await checkpoint()
        self.at_once -= 1
        return self.most

    @method(serial=True)
    async def serial_stream(self) -> AsyncIterator[int]:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        for n in range(3):
            await checkpoint()
            yield n
        self.at_once -= 1

    @method(serial=True)
    def serial_thread(self) -> int:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.entered += 1
        self.gate.wait(10)
        self.at_once -= 1
        return self.most

    @method
    def threaded_stream(self, count: int) -> Iterator[str]:
        try:
            for _ in range(count):
                yield threading.current_thread().name.partition("-")[0]
        finally:
            self.cleaned_in = threading.current_thread().name

    @method
    def blocked(self) -> str:
        self.entered += 1
        self.gate.wait(10)
        return "done"

    @method(inline=True)
    def open_gate(self) -> None:
        self.gate.set()

    @method(inline=True)
    def look(self) -> list[Any]:
        return [self.entered, self.most, self.cleaned_in]

    @method
    def stops(self) -> None:
        raise StopIteration(5)

    @method
    def not_json(self) -> object:
        return object()


async def test_each_kind_of_method_runs_where_it_should() -> None:
    async with started(Kinds) as host:
        assert await host.call("on_loop", {"a": 1}) == [1, 2, True]
        assert await host.call("on_loop", {"b": 3, "a": 1}) == [1, 3, True]
        assert await host.call("in_thread", {"a": 1}) == [1, True]
        assert await host.call("inlined") is True
        assert await host.call("inlined_serial") == 5
        assert await host.read("threaded_stream", {"count": 3}) == ["handler"] * 3


async def test_a_serial_method_runs_one_call_at_a_time() -> None:
    async with started(Kinds) as host, asyncio.TaskGroup() as tasks:
        calls = [tasks.create_task(host.call("serial")) for _ in range(10)]
        await asyncio.wait(calls)
        assert {call.result() for call in calls} == {1}


async def test_a_serial_stream_runs_one_call_at_a_time() -> None:
    async with started(Kinds) as host:
        async with asyncio.TaskGroup() as tasks:
            reads = [tasks.create_task(host.read("serial_stream")) for _ in range(5)]
        assert [read.result() for read in reads] == [[0, 1, 2]] * 5
        assert (await host.call("look"))[1] == 1


async def test_a_serial_thread_keeps_its_turn_after_its_caller_has_gone() -> None:
    async with started(Kinds) as host:
        first = await refused(host.call("serial_thread", timeout_s=0.05))
        assert first.code == errors.DEADLINE_EXCEEDED
        async with asyncio.TaskGroup() as tasks:
            second = tasks.create_task(host.call("serial_thread"))
            while (await host.call("look"))[0] != 1:
                pass
            for _ in range(20):
                await host.call("plugin.ping")
            assert (await host.call("look"))[0] == 1
            await host.call("open_gate")
        assert second.result() == 1


async def test_a_stream_that_is_given_up_cleans_up_in_a_thread() -> None:
    async with started(Kinds) as host:
        reader = await host.open("threaded_stream", {"count": 1_000})
        assert await reader.next() is not None
        reader.close()
        while not (look := await host.call("look"))[2]:
            pass
        assert look[2].startswith("handler-")


async def test_a_blocked_thread_never_stops_the_ping_and_a_full_pool_says_so() -> None:
    async with started(Kinds) as host:
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(host.call("blocked")) for _ in range(MAX_THREADS)]
            while (await host.call("look"))[0] != MAX_THREADS:
                pass
            assert await host.call("plugin.ping") == {}
            error = await refused(host.call("blocked"))
            assert error.code == errors.OVERLOADED
            assert str(MAX_THREADS) in error.message
            assert (await refused(host.call("serial_thread"))).code == errors.OVERLOADED
            await host.call("open_gate")
        assert {call.result() for call in calls} == {"done"}
        assert await host.call("serial_thread") == 1


async def test_a_thread_whose_caller_has_gone_stays_counted() -> None:
    async with started(Kinds) as host:
        async with asyncio.TaskGroup() as tasks:
            calls = [tasks.create_task(host.call("blocked")) for _ in range(MAX_THREADS)]
            while (await host.call("look"))[0] != MAX_THREADS:
                pass
            for call in calls:
                call.cancel()
        assert (await refused(host.call("blocked"))).code == errors.OVERLOADED
        await host.call("open_gate")
        await until(lambda: host.peer.outgoing.late == MAX_THREADS)
        while True:
            try:
                assert await host.call("blocked") == "done"
                break
            except RpcError as exc:
                assert exc.code == errors.OVERLOADED


async def test_a_thread_that_can_not_be_started_is_an_overload_and_costs_no_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with started(Kinds) as host:

        def refuse(self: threading.Thread) -> None:
            raise RuntimeError("can't start new thread")

        with monkeypatch.context() as patch:
            patch.setattr(threading.Thread, "start", refuse)
            for _ in range(MAX_THREADS + 1):
                error = await refused(host.call("in_thread", {"a": 1}))
                assert error.code == errors.OVERLOADED
                assert "can't start new thread" in error.message
        assert await host.call("in_thread", {"a": 1}) == [1, True]


async def test_a_stop_iteration_is_an_incident_like_any_other() -> None:
    async with started(Kinds) as host:
        assert (await refused(host.call("stops"))).code == errors.INTERNAL_ERROR
        assert await host.call("plugin.ping") == {}


async def test_a_result_that_json_can_not_express_fails_that_call() -> None:
    async with started(Kinds) as host:
        assert (await refused(host.call("not_json"))).code == errors.INVALID_RESULT


async def test_bad_parameters_name_the_parameter() -> None:
    async with started(Greeter) as host:
        error = await refused(host.call("greet", {"nam": "x"}))
        assert error.code == errors.INVALID_PARAMS
        error = await refused(host.call("greet", {"name": 5}))
        assert error.data == {"parameter": "name"}


async def test_an_unknown_method_is_told_the_near_names() -> None:
    async with started(Greeter) as host:
        error = await refused(host.call("gret"))
        assert error.code == errors.METHOD_NOT_FOUND
        assert error.message == "there is no method 'gret'; did you mean greet?"
        assert error.data == {"near": ["greet"]}
        assert (await refused(host.call("zzz"))).data == {"near": []}


async def test_a_call_in_the_wrong_shape_names_the_right_one() -> None:
    async with started(Greeter) as host:
        error = await refused(host.call("stream"))
        assert error.code == errors.WRONG_SHAPE
        assert "host.stream" in error.message
        error = await refused(host.read("greet", {"name": "x"}))
        assert error.code == errors.WRONG_SHAPE
        assert "host.call" in error.message


# ---- contexts


class Contexts(Plugin):
    def __init__(self) -> None:
        self.seen: list[Any] = []
        self.entered = threading.Event()
        self.kept: Context | None = None

    @method
    async def about(self, a: int, ctx: Context, b: int = 2) -> list[Any]:
        left = ctx.remaining_s()
        return [a, b, ctx.method, ctx.traceparent, ctx.request_id, left is None or left > 1, ctx.cancelled]

    @method
    def until_cancelled(self, ctx: Context) -> None:
        ctx.on_cancel(lambda: self.seen.append("callback"))
        self.entered.set()
        while not ctx.cancelled:
            time.sleep(0.001)
        self.seen.append("cancelled")

    @method(inline=True)
    def look(self) -> list[Any]:
        return [self.entered.is_set(), *self.seen]

    @method
    def works(self, ctx: Context) -> None:
        ctx.progress("in a thread", 0.5)

    @method
    async def works_on_loop(self, ctx: Context) -> None:
        ctx.progress("on the loop")


async def test_a_context_tells_about_the_call() -> None:
    async with started(Contexts) as host:
        result = await host.call("about", {"a": 1, "b": 3}, meta=b',"traceparent":"t"')
        request_id = result.pop(4)
        assert isinstance(request_id, int)
        assert result == [1, 3, "about", "t", True, False]
        host.peer.outgoing.sends_meta = False
        assert (await host.call("about", {"a": 1}))[3] is None


async def test_a_cancelled_thread_sees_it() -> None:
    async with started(Contexts) as host:
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(host.call("until_cancelled"))
            while not (await host.call("look"))[0]:
                pass
            call.cancel()
        while len(look := await host.call("look")) < 3:
            pass
        assert sorted(look[1:]) == ["callback", "cancelled"]


@pytest.mark.parametrize("name", ["works", "works_on_loop"])
async def test_progress_reaches_the_host(name: str) -> None:
    async with started(Contexts) as host:
        seen: list[Progress] = []
        await host.call(name, on_progress=seen.append)
        assert [progress.message for progress in seen] == [
            "in a thread" if name == "works" else "on the loop"
        ]


# ---- errors


class Failing(Plugin):
    @method
    async def on_purpose(self) -> None:
        raise PluginError("no such page", {"page": 7, "near": ["a"]})

    @method
    async def own_code(self) -> None:
        raise PluginError("mine", code=42)

    @method
    async def secret(self) -> None:
        raise ValueError("secret canary")

    @method
    def secret_in_thread(self) -> None:
        raise KeyError("secret canary")

    @method
    async def undecodable(self) -> None:
        raise OSError("no file \udcff")

    @method
    async def stream(self) -> AsyncIterator[int]:
        yield 1
        raise ValueError("secret canary")

    @method
    async def own_cancel(self) -> None:
        raise asyncio.CancelledError


async def test_an_authors_error_crosses_intact() -> None:
    async with started(Failing) as host:
        error = await refused(host.call("on_purpose"))
        assert (error.code, error.message, error.data) == (
            errors.PLUGIN_ERROR,
            "no such page",
            {"page": 7, "near": ["a"]},
        )
        assert (await refused(host.call("own_code"))).code == 42


@pytest.mark.parametrize("name", ["secret", "secret_in_thread", "stream"])
async def test_an_unexpected_error_is_an_incident_that_only_the_log_explains(name: str) -> None:
    async with started(Failing) as host:
        error = await refused(host.read(name) if name == "stream" else host.call(name))
        assert error.code == errors.INTERNAL_ERROR
        assert "canary" not in f"{error.message}{error.data}"
        (line,) = host.logs
        assert line["level"] == "error"
        assert line["data"]["incident"] == error.data["incident"]
        assert error.data["incident"] in error.message
        assert "secret canary" in line["exception"]
        assert "Traceback" in line["exception"]
        assert "plugin_sdk" not in line["exception"]


async def test_an_error_text_that_utf8_can_not_express_is_logged_all_the_same() -> None:
    async with started(Failing) as host:
        assert (await refused(host.call("undecodable"))).code == errors.INTERNAL_ERROR
        assert "no file" in host.logs[0]["exception"]
        assert await host.call("plugin.ping") == {}


async def test_a_handler_that_ends_by_a_cancel_of_its_own_is_an_incident() -> None:
    async with started(Failing) as host:
        assert (await refused(host.call("own_cancel"))).code == errors.INTERNAL_ERROR


# ---- the log


class Unshowable:
    def __repr__(self) -> str:
        raise ValueError("no repr")


class Logging(Plugin):
    @method
    async def levels(self) -> None:
        self.log.debug("a", x=1)
        self.log.info("b")
        self.log.warning("c")
        self.log.error("d")
        self.log.critical("e")

    @method
    async def with_exceptions(self) -> None:
        try:
            raise LookupError("first")
        except LookupError as exc:
            self.log.exception("one")
            self.log.error("two", exc_info=True)
            kept = exc
        self.log.critical("three", exc_info=kept)

    @method
    async def hard(self) -> None:
        self.log.info("set", data={1j}, bad="\udcff", **{"key\udcff": 1})
        self.log.info("file \udcff")
        self.log.info("repr", data=Unshowable())
        self.log.info("x" * 20_000)
        try:
            raise OSError("\udcff")
        except OSError:
            self.log.exception("undecodable")

    @method
    def from_thread(self) -> None:
        self.log.info("thread")


async def test_every_level_reaches_the_host() -> None:
    async with started(Logging) as host:
        await host.call("levels")
        assert [line["level"] for line in host.logs] == ["debug", "info", "warning", "error", "critical"]
        assert host.logs[0] == {"level": "debug", "message": "a", "data": {"x": 1}}


async def test_an_exception_is_shown_with_its_traceback() -> None:
    async with started(Logging) as host:
        await host.call("with_exceptions")
        assert len(host.logs) == 3
        for line in host.logs:
            assert line["exception"].startswith("Traceback")
            assert line["exception"].rstrip().endswith("LookupError: first")


async def test_what_json_can_not_express_is_shown_and_never_raises() -> None:
    async with started(Logging) as host:
        await host.call("hard")
        shown, file, unshowable, long, undecodable = host.logs
        assert shown["data"] == {"data": "{1j}", "bad": "'\\udcff'", "key\\udcff": "1"}
        assert file["message"] == "file \\udcff"
        assert unshowable["data"] == {"data": "<Unshowable, whose repr raised ValueError>"}
        assert len(long["message"]) == 16_384
        assert "OSError" in undecodable["exception"]


async def test_a_thread_may_log() -> None:
    async with started(Logging) as host:
        await host.call("from_thread")
        await until(lambda: host.logs)
        assert host.logs[0]["message"] == "thread"


async def test_lines_that_were_dropped_are_counted_by_the_next() -> None:
    from plugin_sdk.api.log import Log

    lines: list[dict[str, Any]] = []
    reads = False

    def send(line: bytes) -> bool:
        if reads:
            lines.append(msgspec.json.decode(line))
        return reads

    log = Log(send)
    log.info("lost")
    log.info("lost")
    reads = True
    log.info("told")
    log.info("after")
    assert [line.get("dropped", 0) for line in lines] == [2, 0]


# ---- calls to the host


class Calling(Plugin):
    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[Any]] = set()
        self.results: list[Any] = []
        self.go = asyncio.Event()

    @method
    async def by_name(self) -> Any:
        return await self.host.clock.now(zone="utc")

    @method
    async def by_position(self) -> Any:
        return await self.host.clock.zone.now("utc", 5)

    @method
    async def without(self) -> Any:
        return [await self.host.clock.now(), await self.host.call("clock.now")]

    @method
    async def mixed(self) -> str:
        try:
            self.host.clock.now("utc", zone="utc")
        except TypeError as exc:
            return str(exc)
        return "accepted"

    @method
    async def hasty(self) -> None:
        await self.host.call("clock.slow", timeout_s=0.05)

    @method
    async def patient(self) -> Any:
        return await self.host.call("clock.meta", {}, timeout_s=100)

    @method
    async def nested(self) -> Any:
        return await self.host.clock.slow()

    @method
    async def leaves_a_task(self) -> None:
        async def later() -> None:
            await self.go.wait()
            self.results.append(await self.host.clock.meta())

        self.tasks.add(asyncio.get_running_loop().create_task(later()))

    @method
    async def let_it_go(self) -> Any:
        self.go.set()
        for task in self.tasks:
            await task
        return self.results

    @method
    def waits(self) -> Any:
        return self.wait(self.host.clock.now(zone="thread"))

    @method
    def waits_long(self) -> Any:
        try:
            return self.wait(self.host.clock.slow())
        finally:
            self.results.append("woken")

    @method
    def waits_without_context(self) -> Any:
        return contextvars.Context().run(lambda: self.wait(self.host.clock.meta()))

    @method(inline=True)
    def look(self) -> list[Any]:
        return self.results

    @method
    async def waits_on_loop(self) -> str:
        call = self.host.clock.now()
        try:
            self.wait(call)
        except RuntimeError as exc:
            await call
            return str(exc)
        return "waited"

    @method
    async def reads(self) -> list[int]:
        return [item async for item in self.host.clock.ticks(count=3)]

    @method
    async def reads_by_position(self) -> list[int]:
        try:
            return [item async for item in self.host.clock.ticks(3)]
        except TypeError as exc:
            raise PluginError(str(exc)) from exc

    @method
    async def reads_one(self) -> int:
        items = aiter(self.host.clock.ticks(count=1_000_000))
        first = await anext(items)
        await items.aclose()
        return first

    @method
    async def unreadable(self) -> Any:
        return await self.host.clock.unreadable()

    @method
    async def private(self) -> list[bool]:
        return [hasattr(self.host, "__x__"), hasattr(self.host.a, "__x__"), hasattr(self.host.a.b, "__x__")]


@asynccontextmanager
async def calling() -> AsyncGenerator[tuple[HostSide, list[Inbound]]]:
    slow: list[Inbound] = []

    async def show(inbound: Inbound) -> Any:
        params = msgspec.json.decode(inbound.params)
        if isinstance(params, dict):
            params.pop("_meta", None)
        return [inbound.method, params]

    async def meta(inbound: Inbound) -> Any:
        return msgspec.json.decode(inbound.params)["_meta"]

    async def wait(inbound: Inbound) -> Any:
        slow.append(inbound)
        await asyncio.Event().wait()

    async def ticks(inbound: Inbound) -> Any:
        params = msgspec.json.decode(inbound.params)

        async def items() -> AsyncIterator[int]:
            for n in range(params["count"]):
                yield n

        return Stream(items(), params["_meta"]["stream"]["credit"])

    async def unreadable(inbound: Inbound) -> Any:
        return msgspec.Raw(b'"\xff"')

    async with started(Calling) as host:
        host.handlers = {
            "clock.now": show,
            "clock.zone.now": show,
            "clock.meta": meta,
            "clock.slow": wait,
            "clock.ticks": ticks,
            "clock.unreadable": unreadable,
        }
        yield host, slow


async def test_the_host_is_called_by_name_by_position_or_with_nothing() -> None:
    async with calling() as (host, _):
        assert await host.call("by_name") == ["clock.now", {"zone": "utc"}]
        assert await host.call("by_position") == ["clock.zone.now", ["utc", 5]]
        assert await host.call("without") == [["clock.now", {}]] * 2
        assert "by name, or all by position" in await host.call("mixed")
        assert await host.call("private") == [False, False, False]


async def test_a_call_to_the_host_has_its_own_deadline() -> None:
    async with calling() as (host, slow):
        error = await refused(host.call("hasty"))
        assert error.code == errors.DEADLINE_EXCEEDED
        await until(lambda: slow[0].cancelled)


async def test_a_nested_call_inherits_the_budget_and_names_its_parent() -> None:
    async with calling() as (host, _):
        meta = await host.call("patient", timeout_s=15.0)
        assert 0 < meta["deadline_ms"] <= 15_000
        assert isinstance(meta["parent"], int)


async def test_a_nested_call_is_cancelled_with_the_call_that_it_serves() -> None:
    async with calling() as (host, slow):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(host.call("nested"))
            await until(lambda: slow)
            call.cancel()
        await until(lambda: slow[0].cancelled)


async def test_a_task_that_outlives_its_call_is_not_bound_to_its_budget() -> None:
    async with calling() as (host, _):
        await host.call("leaves_a_task", timeout_s=2.0)
        (meta,) = await host.call("let_it_go")
        assert "parent" not in meta
        assert 2_000 < meta["deadline_ms"] <= 5_000


async def test_a_thread_may_wait_for_the_loop() -> None:
    async with calling() as (host, _):
        assert await host.call("waits") == ["clock.now", {"zone": "thread"}]
        assert (await host.call("waits_without_context"))["deadline_ms"] <= 5_000


async def test_a_waiting_thread_is_woken_by_the_cancel_of_its_call() -> None:
    async with calling() as (host, slow):
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(host.call("waits_long"))
            await until(lambda: slow)
            call.cancel()
        while not await host.call("look"):
            pass
        await until(lambda: slow[0].cancelled)


async def test_waiting_on_the_loop_is_refused() -> None:
    async with calling() as (host, _):
        assert "use await" in await host.call("waits_on_loop")


async def test_a_stream_of_the_host_is_iterated() -> None:
    async with calling() as (host, _):
        assert await host.call("reads") == [0, 1, 2]
        assert await host.call("reads_one") == 0
        assert "by name" in (await refused(host.call("reads_by_position"))).message
        await until(lambda: not host.peer.incoming.in_flight)


async def test_a_result_of_the_host_that_can_not_be_read_is_its_fault() -> None:
    async with calling() as (host, _):
        error = await refused(host.call("unreadable"))
        assert error.code == errors.PROTOCOL_FAULT
        assert "clock.unreadable" in error.message


async def test_a_call_that_is_never_awaited_warns() -> None:
    from plugin_sdk.api.host import Host

    host = Host(functools.partial)  # pyright: ignore[reportArgumentType]
    with pytest.warns(RuntimeWarning, match=r"clock\.now was never awaited"):
        host.clock.now()


# ---- the end


async def test_the_session_ends_with_its_host_and_its_calls_fail() -> None:
    ended: list[str] = []

    class Ending(Plugin):
        @method
        async def act(self) -> None:
            try:
                await self.host.clock.never()
            except RpcError as exc:
                ended.append(exc.message)
                raise
            except asyncio.CancelledError:
                ended.append("cancelled")
                raise

    near, far = socket.socketpair()
    fd = far.detach()
    near.setblocking(False)
    served = Session(fd, fd, lambda: Ending)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(served.run())
        for line in (
            {"id": 1, "method": "plugin.initialize", "params": INITIALIZE},
            {"id": 2, "method": "plugin.load", "params": {"config": {}, "grants": []}},
            {"id": 3, "method": "act"},
        ):
            await loop.sock_sendall(near, msgspec.json.encode({"jsonrpc": "2.0"} | line) + b"\n")
            await loop.sock_recv(near, 100_000)
        near.close()
    assert len(ended) == 1


async def test_what_the_host_does_wrong_is_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    async with started(Greeter) as host:
        host.peer._pipe.write(b"hello\n")
        host.peer.notify("newer.host", b"{}")
        assert await host.call("plugin.ping") == {}
        assert "plughost: stray_output" in capsys.readouterr().err
        assert host.faults == []


async def test_a_log_line_after_the_loop_has_closed_is_lost_without_an_error() -> None:
    sessions: list[Session] = []

    def build() -> None:
        async def inside() -> None:
            near, far = socket.socketpair()
            near.close()
            fd = far.detach()
            one = Session(fd, fd, lambda: Greeter)
            await one.run()
            sessions.append(one)

        asyncio.run(inside())

    thread = threading.Thread(target=build)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert sessions[0]._send_log(b"{}") is False
