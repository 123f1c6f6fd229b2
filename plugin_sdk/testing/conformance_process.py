"""ConformanceProcess: a plugin's real process, started as a host would, with a MemoryHost behind it."""

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import msgspec

import plugin_sdk
from plugin_sdk.testing.connection import Connection
from plugin_sdk.testing.driven_clock import DrivenClock
from plugin_sdk.testing.fake_host import FakeHost
from plugin_sdk.testing.memory_host import SESSION, MemoryHost
from plugin_sdk.testing.plugin_folder import FolderFault, PluginFolder
from plugin_sdk.testing.refusals import refusal
from protocol import jsonrpc
from protocol.errors import PLUGIN_DIED, RpcError
from protocol.messages.plugin import InitializeParams, InitializeResult, LoadParams, Product
from protocol.version import PROTOCOL_VERSIONS, RELEASE
from protocol.waiter import Waiter

PASSED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SYSTEMROOT")
LAST_WORDS_CHARS: Final = 2_000
LEAVE_S: Final = 2.0


class ConformanceProcess:
    """One run of one plugin."""

    def __init__(self, folder: PluginFolder) -> None:
        self._folder = folder
        self._notes = FakeHost()
        self._base = Path(tempfile.mkdtemp(prefix="plughost-test-"))
        self._stderr: IO[bytes] = (self._base / "stderr").open("w+b")
        self._host = MemoryHost(
            folder, DrivenClock(), self._notes, self._ask, self.tell, lambda work: self._start(work)
        )
        self._process: subprocess.Popen[bytes] | None = None
        self._tasks: asyncio.TaskGroup | None = None
        self._root: asyncio.Task[None] | None = None
        self._connection: Connection | None = None
        self._write_fd = -1
        self.faults = self._notes.faults
        """What it did against the protocol."""

    async def __aenter__(self) -> Self:
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._root = asyncio.get_running_loop().create_task(self._run(ready), name="conformance")
        done, _ = await asyncio.wait([self._root, ready], return_when=asyncio.FIRST_COMPLETED)
        if self._root in done:
            await self.__aexit__(None, None, None)
            await self._root
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._connection is not None:
            self._connection.close(self._gone)
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
        if self._root is not None:
            await asyncio.wait([self._root])
        self._stderr.close()
        shutil.rmtree(self._base, ignore_errors=True)

    def initialize(self) -> InitializeParams:
        """Return what the first request says."""
        one = self._folder
        product = Product("plughost", RELEASE)
        return InitializeParams(
            PROTOCOL_VERSIONS, product, one.id, one.version, SESSION, plugin_type=one.type
        )

    def load(self) -> LoadParams:
        """Return what the second one says."""
        return LoadParams(self._host.config.values, tuple(map(str, self._folder.permissions)))

    def joined(self, answer: InitializeResult) -> None:
        """Take in what it provides. Raises RpcError for what a host would refuse."""
        self._peer().peer.outgoing.sends_meta = answer.capabilities.meta
        self._host.join(answer.provides)

    async def ask(self, method: str, params: Any, timeout_s: float) -> msgspec.Raw:
        """Ask, and return the answer as JSON text."""
        return await self._peer().call(method, params, timeout_s)

    def begin(self, method: str, params: Any, timeout_s: float) -> Waiter:
        """Ask, and return what is to be awaited."""
        return self._peer().peer.outgoing.begin(method, jsonrpc.encode(params), timeout_s)

    def tell(self, method: str, params: Any) -> None:
        """Send a notification."""
        self._peer().tell(method, params)

    def write(self, data: bytes) -> None:
        """Write bytes as they are."""
        os.write(self._write_fd, data)

    async def end(self, within_s: float) -> int | None:
        """Close its stdin and wait; return its exit code, None if it does not end."""
        process, connection = self._process, self._connection
        assert process is not None
        if connection is not None and not connection.ended:
            connection.peer.close_writing()
        try:
            return await asyncio.to_thread(process.wait, within_s)
        except subprocess.TimeoutExpired:
            return None

    def last_words(self) -> str:
        """Return the end of its stderr."""
        self._stderr.flush()
        return (self._base / "stderr").read_text(errors="replace")[-LAST_WORDS_CHARS:].strip()

    async def _run(self, ready: "asyncio.Future[None]") -> None:
        read_fd = self._spawn()
        self._connection = Connection(
            read_fd, self._write_fd, self._host.serve, self._notes, self._host.events.credit, self._gone
        )
        async with asyncio.TaskGroup() as tasks:
            self._tasks = tasks
            tasks.create_task(self._connection.run())
            ready.set_result(None)

    def _spawn(self) -> int:
        """Start it; return the descriptor that its stdout is read from. Raises FolderFault."""
        child_in, self._write_fd = os.pipe()
        read_fd, child_out = os.pipe()
        try:
            self._process = subprocess.Popen(
                self._command(),
                cwd=self._folder.folder,
                env=self._environment(),
                stdin=child_in,
                stdout=child_out,
                stderr=self._stderr,
            )
        except OSError as exc:
            for fd in (self._write_fd, read_fd):
                os.close(fd)
            raise FolderFault(f"{self._folder.folder}: its process can't be started: {exc}") from None
        finally:
            os.close(child_in)
            os.close(child_out)
        return read_fd

    def _command(self) -> list[str]:
        if self._folder.command:
            first, *rest = self._folder.command
            inside = self._folder.folder / first
            return [str(inside) if inside.is_file() else first, *rest]
        entries = self._folder.entry_points
        return [sys.executable, "-m", "plugin_sdk.runtime.run", str(self._folder.folder), *entries]

    def _environment(self) -> dict[str, str]:
        names = [name for name in PASSED_ON if name in os.environ]
        environment = {name: os.environ[name] for name in names} | self._folder.environment
        for name in ("DATA", "CACHE"):
            place = self._base / name.lower()
            place.mkdir(exist_ok=True)
            environment[f"PLUGHOST_{name}_DIR"] = str(place)
        environment["PLUGHOST_PACKAGE_DIR"] = str(self._folder.folder)
        version = f"python{sys.version_info.major}.{sys.version_info.minor}"
        own = self._folder.folder / ".venv" / "lib" / version / "site-packages"
        environment["PYTHONPATH"] = os.pathsep.join([str(Path(plugin_sdk.__file__).parents[1]), str(own)])
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        return environment

    def _peer(self) -> Connection:
        if self._connection is None or self._connection.ended:
            raise self._gone()
        return self._connection

    async def _ask(self, method: str, params: Any) -> msgspec.Raw:
        return await self.ask(method, params, LEAVE_S)

    def _start(self, work: Any) -> None:
        assert self._tasks is not None
        self._tasks.create_task(work)

    def _gone(self) -> RpcError:
        return refusal(PLUGIN_DIED, f"its process ended: {self.last_words() or 'it said nothing on stderr'}")
