"""The example plugins without the SDK, each driven over real pipes by the peer that the host uses."""

import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import anyio.to_thread
import msgspec
import pytest

from protocol import jsonrpc
from protocol.errors import (
    CANCELLED,
    INTERNAL_ERROR,
    INVALID_PARAMS,
    METHOD_NOT_FOUND,
    PLUGIN_DIED,
    VERSION_MISMATCH,
    WRONG_SHAPE,
    ErrorObject,
    RpcError,
)
from protocol.inbound import Inbound
from protocol.messages.plugin import InitializeResult
from protocol.peer import Peer

PLUGINS = Path(__file__).parents[2] / "examples" / "plugins"

needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="there is no `node` on PATH")

PLAIN_PYTHON = pytest.param([sys.executable, str(PLUGINS / "plain_python" / "main.py")], id="plain_python")
NODE = pytest.param(["node", str(PLUGINS / "node" / "main.mjs")], id="node", marks=needs_node)
BOTH = pytest.mark.parametrize("command", [PLAIN_PYTHON, NODE])
NODE_ONLY = pytest.mark.parametrize("command", [NODE])


class Driver:
    """The host's side of one plugin's process."""

    def __init__(self, process: "subprocess.Popen[bytes]", read_fd: int, write_fd: int) -> None:
        self.process = process
        self.faults: list[str] = []
        self.notifications: list[str] = []
        self.ended = anyio.Event()
        self.peer = Peer(read_fd, write_fd, self, self._handle, self._to_error)

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        self.notifications.append(method)

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        self.faults.append(f"{kind}: {detail}")

    def on_end(self) -> None:
        self.ended.set()

    async def ask(self, method: str, timeout_s: float = 10.0, **params: Any) -> Any:
        raw = await self.peer.outgoing.request(method, jsonrpc.encode(params), timeout_s=timeout_s)
        return jsonrpc.decode_any(raw)

    async def code_of(self, method: str, **params: Any) -> int:
        """Return the code of the error that a call is answered by, 0 for a result."""
        try:
            await self.ask(method, **params)
        except RpcError as error:
            return error.code
        return 0

    async def initialize(self, versions: tuple[int, ...] = (1,)) -> InitializeResult:
        result = await self.ask(
            "plugin.initialize",
            protocol_versions=versions,
            host={"name": "a test", "version": "1"},
            plugin_id="x",
            plugin_version="1",
            session="s",
        )
        return msgspec.convert(result, InitializeResult)

    async def load(self) -> InitializeResult:
        initialized = await self.initialize()
        assert await self.ask("plugin.load", config={}, grants=[]) == {}
        self.peer.outgoing.sends_meta = initialized.capabilities.meta
        return initialized

    async def leave(self) -> int:
        """Close stdin, as a host does last, and return the exit code."""
        self.peer.close_writing()
        await self.ended.wait()
        return await anyio.to_thread.run_sync(self.process.wait, abandon_on_cancel=True)

    async def _handle(self, inbound: Inbound) -> Any:
        raise RpcError(METHOD_NOT_FOUND, f"the test offers no {inbound.method}")

    def _to_error(self, exc: BaseException, method: str) -> ErrorObject:
        return exc.to_object() if isinstance(exc, RpcError) else ErrorObject(INTERNAL_ERROR, str(exc))


def start(command: list[str]) -> Driver:
    their_stdin, write_fd = os.pipe()
    read_fd, their_stdout = os.pipe()
    process = subprocess.Popen(command, stdin=their_stdin, stdout=their_stdout, stderr=subprocess.DEVNULL)
    os.close(their_stdin)
    os.close(their_stdout)
    return Driver(process, read_fd, write_fd)


@asynccontextmanager
async def driven(command: list[str]) -> AsyncGenerator[Driver, None]:
    driver = start(command)
    try:
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(driver.peer.run)
                try:
                    yield driver
                finally:
                    driver.peer.close(lambda: RpcError(PLUGIN_DIED, "the test is over"))
    finally:
        driver.process.kill()
        driver.process.wait()
    assert driver.faults == []


@BOTH
async def test_it_loads_answers_and_leaves_with_code_0_when_stdin_ends(command: list[str]) -> None:
    async with driven(command) as driver:
        initialized = await driver.load()
        assert initialized.protocol_version == 1
        assert await driver.ask("plugin.ping") == {}
        assert await driver.ask("echo", text="grüß\u2028 dich", n=1) == {"text": "grüß\u2028 dich", "n": 1}
        assert await driver.ask("plugin.unload") == {}
        assert await driver.leave() == 0
        assert driver.notifications == ["log.write"]


@BOTH
async def test_it_leaves_with_code_0_when_stdin_ends_without_an_unload(command: list[str]) -> None:
    async with driven(command) as driver:
        await driver.load()
        assert await driver.leave() == 0


@BOTH
async def test_every_announced_method_is_there(command: list[str]) -> None:
    async with driven(command) as driver:
        announced = (await driver.load()).methods
        assert announced
        codes = [await driver.code_of(method.name) for method in announced]
        assert METHOD_NOT_FOUND not in codes
        assert set(codes) <= {0, INVALID_PARAMS, WRONG_SHAPE}


@BOTH
@pytest.mark.parametrize("method", ["no_such_method", "plugin.no_such", "constructor", "__class__"])
async def test_an_unknown_method_is_an_error_and_costs_nothing_else(command: list[str], method: str) -> None:
    async with driven(command) as driver:
        await driver.load()
        assert await driver.code_of(method) == METHOD_NOT_FOUND
        assert await driver.ask("echo", n=1) == {"n": 1}


@BOTH
async def test_a_version_that_it_does_not_speak_is_refused(command: list[str]) -> None:
    async with driven(command) as driver:
        with pytest.raises(RpcError) as caught:
            await driver.initialize((98, 99))
        assert caught.value.code == VERSION_MISMATCH


@BOTH
async def test_a_notification_that_it_does_not_know_is_not_answered(command: list[str]) -> None:
    async with driven(command) as driver:
        await driver.load()
        driver.peer.notify("plugin.something_new", b'{"id":1}')
        driver.peer.notify("$/cancel", b'{"id":12345}')
        assert await driver.ask("echo", n=1) == {"n": 1}


@BOTH
async def test_many_calls_at_once_are_each_answered_with_their_own_result(command: list[str]) -> None:
    results: dict[int, Any] = {}

    async def ask(driver: Driver, number: int) -> None:
        results[number] = await driver.ask("echo", number=number)

    async with driven(command) as driver:
        await driver.load()
        async with anyio.create_task_group() as tasks:
            for number in range(200):
                tasks.start_soon(ask, driver, number)
        assert results == {number: {"number": number} for number in range(200)}


@BOTH
async def test_a_line_longer_than_a_pipe_holds_arrives_whole(command: list[str]) -> None:
    text = "x" * 1_000_000
    async with driven(command) as driver:
        await driver.load()
        assert await driver.ask("echo", text=text) == {"text": text}


@BOTH
async def test_a_call_that_its_caller_gave_up_is_answered_all_the_same(command: list[str]) -> None:
    async with driven(command) as driver:
        await driver.load()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(driver.ask, "echo")
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
        # Answers keep their order here, so the one that nobody waited for has come before this one.
        assert await driver.ask("echo", n=1) == {"n": 1}
        assert driver.peer.outgoing.late == 1


@pytest.mark.parametrize("command", [PLAIN_PYTHON])
async def test_plain_python_reverses_texts_and_names_the_wrong_parameter(command: list[str]) -> None:
    async with driven(command) as driver:
        await driver.load()
        assert await driver.ask("reverse", text="stressed") == "desserts"
        with pytest.raises(RpcError, match="'text'") as caught:
            await driver.ask("reverse", text=1)
        assert caught.value.code == INVALID_PARAMS


@NODE_ONLY
async def test_node_stops_a_cancelled_call_while_another_goes_on(command: list[str]) -> None:
    codes: list[int] = []

    async def nap(driver: Driver) -> None:
        codes.append(await driver.code_of("nap", ms=60_000))

    async with driven(command) as driver:
        await driver.load()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(nap, driver)
            await anyio.lowlevel.checkpoint()
            assert await driver.ask("echo", n=1) == {"n": 1}
            assert driver.peer.outgoing.unanswered() == ["nap"]
            # By hand, because a peer that cancels does not wait for the answer any more. The third request.
            driver.peer.notify("$/cancel", b'{"id":3}')
        assert codes == [CANCELLED]


@NODE_ONLY
async def test_node_streams_under_credit_to_the_end(command: list[str]) -> None:
    async with driven(command) as driver:
        await driver.load()
        reader = await driver.peer.outgoing.open_stream("count", b'{"upto":1000}', timeout_s=10, idle_s=10)
        items: list[int] = []
        while (item := await reader.next()) is not None:
            items.append(jsonrpc.decode_any(item))
        assert items == [*range(1000)]


@NODE_ONLY
async def test_node_sends_no_more_than_the_credit_and_stops_when_its_reader_does(command: list[str]) -> None:
    async with driven(command) as driver:
        await driver.load()
        reader = await driver.peer.outgoing.open_stream("count", b'{"upto":1000000}', timeout_s=10, idle_s=10)
        assert await reader.next() is not None
        # The stream now waits for credit; what it sent too much would be a fault, which the end looks for.
        assert await driver.ask("echo", n=1) == {"n": 1}
        reader.close()
        assert await driver.ask("echo", n=2) == {"n": 2}
        assert await driver.leave() == 0
        assert driver.peer.outgoing.late == 1


@NODE_ONLY
async def test_node_refuses_a_stream_that_is_called(command: list[str]) -> None:
    async with driven(command) as driver:
        await driver.load()
        assert await driver.code_of("count", upto=3) == WRONG_SHAPE
