"""The modes `process` and `live`: a real host in a program of its own, `plughost test-harness`.

The SDK knows no host, so the command is started as any program is, and both speak JSON-RPC over its stdio:
the test asks for what the harness offers, the command asks back for canned answers and tells what it sees.
"""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from plugin_sdk.testing.abilities import check
from plugin_sdk.testing.driven_clock import DrivenClock
from plugin_sdk.testing.fake_host import FakeHost
from plugin_sdk.testing.plugin_folder import PluginFolder
from plugin_sdk.testing.records import Answer, HookOutcome
from plugin_sdk.testing.refusals import NoHostToGoTo, refusal
from protocol import jsonrpc
from protocol.errors import INTERNAL_ERROR, PLUGIN_DIED, ErrorObject, RpcError
from protocol.inbound import Inbound
from protocol.peer import Peer

START_S: Final = 60.0
"""Longest time until the host is there and the plugin is active."""

CONTROL_S: Final = 60.0
END_S: Final = 20.0


class RemoteBackend:
    """One plugin in one host."""

    pid: int | None = None

    def __init__(
        self,
        mode: str,
        folder: PluginFolder,
        notes: FakeHost,
        clock: DrivenClock,
        config: Mapping[str, Any],
        data: str | None,
    ) -> None:
        """Raises NoHostToGoTo for a live test without one, NotInThisMode for one with a configuration."""
        if mode == "live" and not data:
            raise NoHostToGoTo(
                "live: say which host, by --plughost-data=DIR, the data folder that it runs on"
            )
        if config:
            check("config", mode)
        self.mode = mode
        self._folder = folder
        self._notes = notes
        self._clock = clock
        self._config = dict(config)
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None
        self._peer: Peer | None = None
        self._root: asyncio.Task[None] | None = None
        clock.on_advance(self._advance)

    async def start(self) -> None:
        """Start the host, and load the plugin. Raises RpcError with what the host says."""
        self._notes.in_mode(self.mode)
        read_fd, write_fd = self._spawn()
        self._peer = Peer(read_fd, write_fd, self, self._serve, _to_error)
        self._peer.outgoing.sends_meta = True
        self._root = asyncio.get_running_loop().create_task(self._peer.run(), name="plughost-test")
        self._notes.on_answer(self._announce)
        try:
            asked = {"folder": str(self._folder.folder), "config": self._config, "data": self._data}
            self.pid = (await self._ask("harness.start", asked, START_S))["pid"]
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Stop the plugin and the host, and wait until both are gone."""
        process, self._process = self._process, None
        if process is None:
            return
        peer = self._peer
        assert peer is not None
        # The end of its stdin is what it leaves upon; what it still says is heard until its stdout ends.
        peer.close_writing()
        try:
            await asyncio.to_thread(process.wait, END_S)
        except subprocess.TimeoutExpired:
            self._notes.faults.append(f"the host did not end within {END_S:g} s, and was killed")
            process.kill()
            await asyncio.to_thread(process.wait)
        peer.close(_gone)
        if self._root is not None:
            await asyncio.wait([self._root])
        self._clock.off_advance(self._advance)

    async def call(self, method: str, params: Mapping[str, Any], timeout_s: float) -> Any:
        """Call a method."""
        asked = {"method": method, "params": params, "timeout_s": timeout_s}
        return await self._ask("harness.call", asked, timeout_s + CONTROL_S)

    async def stream(
        self, method: str, params: Mapping[str, Any], timeout_s: float
    ) -> AsyncGenerator[Any, None]:
        """Open a stream."""
        asked = jsonrpc.encode({"method": method, "params": params, "timeout_s": timeout_s})
        assert self._peer is not None
        whole_s = timeout_s + CONTROL_S
        reader = await self._peer.outgoing.open_stream(
            "harness.stream", asked, timeout_s=whole_s, idle_s=whole_s
        )
        try:
            while (item := await reader.next()) is not None:
                yield msgspec.json.decode(item)
        finally:
            reader.close()

    async def emit(self, topic: str, data: Any) -> None:
        """Emit, and wait until it is handled."""
        await self._ask("harness.emit", {"topic": topic, "data": data})

    async def hook(self, name: str, value: Any) -> HookOutcome:
        """Ask the whole chain of the host."""
        return msgspec.convert(await self._ask("harness.hook", {"name": name, "value": value}), HookOutcome)

    async def command(self, name: str, params: Mapping[str, Any]) -> Any:
        """Run a command."""
        return await self._ask("harness.command", {"name": name, "params": params})

    async def request(self, request: Mapping[str, Any]) -> Answer:
        """Dispatch a request."""
        body: Any = request["body"]
        asked = {**request, "body": body.decode("latin-1") if isinstance(body, bytes) else body}
        asked["is_bytes"] = isinstance(body, bytes)
        answer = await self._ask("harness.request", asked)
        data: Any = answer["data"]
        if answer["is_bytes"]:
            data = str(data).encode("latin-1")
        return Answer(answer["status"], answer["headers"], data)

    async def configure(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        """Change the configuration."""
        return await self._ask("harness.configure", {"changes": changes})

    async def health(self) -> dict[str, Any]:
        """Ask how it is."""
        return await self._ask("harness.health", {})

    async def crash(self) -> None:
        """Kill its process; the host notices."""
        await self._ask("harness.crash", {})
        self.pid = None

    async def restart(self) -> None:
        """Load it again."""
        self.pid = (await self._ask("harness.restart", {}, START_S))["pid"]

    async def _advance(self, until_s: float) -> None:
        check("clock", self.mode)
        asked = {"from_s": self._clock.now_s, "until_s": until_s}
        await self._ask("harness.advance", asked, CONTROL_S)

    async def _ask(self, method: str, params: Mapping[str, Any], timeout_s: float = CONTROL_S) -> Any:
        assert self._peer is not None
        raw = await self._peer.outgoing.request(method, jsonrpc.encode(params), timeout_s=timeout_s)
        return msgspec.json.decode(raw)

    def _announce(self, method: str) -> None:
        if self._peer is not None and not self._peer.broken:
            asked = {"method": method, "permission": self._notes.permission_of(method)}
            self._peer.notify("harness.answer", jsonrpc.encode(asked))

    async def _serve(self, inbound: Inbound) -> Any:
        """Answer what the host asks back: a canned answer."""
        asked = msgspec.json.decode(inbound.params)
        result = await self._notes.canned(asked["method"], asked["params"])
        return [one async for one in result] if hasattr(result, "__aiter__") else result

    def on_notification(self, method: str, params: msgspec.Raw) -> None:
        """Note what the host saw."""
        if method == "harness.logged":
            self._notes.note_log(params)
            return
        told = msgspec.json.decode(params)
        if method == "harness.called":
            self._notes.note_call(told["method"], told["params"])
        elif method == "harness.done":
            self._notes.note_success(told["method"], told["params"], told["result"])

    def on_fault(self, kind: str, detail: str, head: bytes) -> None:
        """Note what went wrong between the test and the host."""
        self._notes.faults.append(f"harness: {kind}: {detail}")

    def on_end(self) -> None:
        """The host is gone."""
        if self._peer is not None:
            self._peer.close(_gone)

    def _spawn(self) -> tuple[int, int]:
        command = _plughost()
        self._process = subprocess.Popen(
            [*command, "test-harness"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        write_fd, read_fd = os.dup(self._process.stdin.fileno()), os.dup(self._process.stdout.fileno())
        self._process.stdin.close()
        self._process.stdout.close()
        return read_fd, write_fd


def _plughost() -> list[str]:
    """Return the command. Raises NoHostToGoTo where it is not installed."""
    beside = Path(sys.executable).with_name("plughost")
    found = str(beside) if beside.is_file() else shutil.which("plughost")
    if found is None:
        raise NoHostToGoTo(
            "a real host needs the command plughost, which is not installed here: pip install plughost "
            "(the distribution plughost-sdk alone has the mode memory)"
        )
    return [found]


def _gone() -> RpcError:
    return refusal(PLUGIN_DIED, "the host of this test ended; what it said is on stderr")


def _to_error(exc: BaseException, method: str) -> ErrorObject:
    if isinstance(exc, RpcError):
        return exc.to_object()
    if isinstance(exc, asyncio.CancelledError):
        raise exc
    return ErrorObject(INTERNAL_ERROR, f"the test's answer raised {type(exc).__name__}: {exc}")
