"""A whole session in one loop: handshake, life and end."""

import asyncio
import socket
import threading
from typing import Any

import msgspec
import pytest

from plugin_sdk import Plugin, RpcError, method
from plugin_sdk.runtime.entry import EntryFault
from plugin_sdk.runtime.session import Session
from protocol import errors
from protocol.version import RELEASE
from tests.plugin_sdk.session_host import (
    INITIALIZE,
    TIMEOUT_S,
    Greeter,
    refused,
    session,
    started,
    until,
)


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
        assert await host.call("state") == [{"greeting": "Hi"}, "Log", "Host", True]
        assert await host.call("plugin.unload") == {}
        assert (await refused(host.call("greet", {"name": "x"}))).code == errors.NOT_ACTIVE
        assert [line["message"] for line in host.logs] == ["ready", "leaving"]


async def test_load_comes_once_and_after_initialize() -> None:
    async with session(lambda: Greeter) as host:
        load: dict[str, Any] = {"config": {}, "grants": []}
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
        async def greet(self, name: str, times: int = 1) -> str:
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
    served = Session(fd, fd, lambda: [Ending])
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(TIMEOUT_S), asyncio.TaskGroup() as tasks:
        tasks.create_task(served.run())
        lines: list[dict[str, Any]] = [
            {"id": 1, "method": "plugin.initialize", "params": INITIALIZE},
            {"id": 2, "method": "plugin.load", "params": {"config": {}, "grants": []}},
            {"id": 3, "method": "act"},
        ]
        for line in lines:
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
            one = Session(fd, fd, lambda: [Greeter])
            await one.run()
            sessions.append(one)

        asyncio.run(inside())

    thread = threading.Thread(target=build)
    thread.start()
    await asyncio.to_thread(thread.join)
    assert sessions[0].link.send_log(b"{}") is False
