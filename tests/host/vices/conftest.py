"""The frame around a misbehaving plugin: a host of its own, a well-behaved neighbour, and what must not stay.

Owns entering and leaving the host and the search for leftovers. What a vice does, and what the host is to say
about it, is each test's.
"""

import asyncio
import logging
import os
import re
import select
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import psutil
import pytest

from host import PluginHost, PluginView, Timing
from host.errors import PlughostError
from host.facade import Change
from host.process.program import Program
from protocol.launch import SESSION_MARK

ROOT = Path(__file__).parents[3]
WAIT_S = 20.0
"""Bound on every wait: generous, because a busy machine is no fault."""

KILLED_S = 5.0
"""What was killed takes a moment to be gone; the kernel says when."""

GROWTH_BYTES = 200 * 1024 * 1024
"""By how much the host may grow, whatever a plugin sends."""

Launcher = Literal["fork", "exec", "no-warden"]
"""Forked from the warden; executed by it; started by the host itself."""

Vices = Callable[..., AbstractAsyncContextManager["Vice"]]


class Journal(logging.Handler):
    """Every record of the log, to look at and to wait for."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self._loop = asyncio.get_running_loop()
        self._news = anyio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)
        self._loop.call_soon_threadsafe(self._tell)

    def find(self, text: str) -> list[logging.LogRecord]:
        return [record for record in self.records if text in record.getMessage()]

    async def wait(self, text: str) -> logging.LogRecord:
        """Wait until a record holds `text`; return the first one that does."""
        with anyio.fail_after(WAIT_S):
            while not (found := self.find(text)):
                await self._news.wait()
        return found[0]

    def _tell(self) -> None:
        self._news.set()
        self._news = anyio.Event()


class Vice:
    """One misbehaving plugin in a host that runs the well-behaved `hello` beside it."""

    def __init__(self, name: str, host: PluginHost, launcher: Launcher, log: Journal, mark: bytes) -> None:
        self.name = name
        self.host = host
        self.launcher = launcher
        self.log = log
        self.pids: set[int] = set()
        """Processes that the vice told of; they must be gone in the end."""
        self.sessions: set[str] = set()
        self.changes: list[Change] = []
        """What was read of the vice's changes so far."""
        self._mark = mark
        self._subscription = host.changes()
        self._before = _holdings()
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts again from what is there now
        self._rss_bytes = psutil.Process().memory_info().rss

    @property
    def view(self) -> PluginView:
        """The vice as the host sees it now."""
        view = self.host.plugin(self.name)
        if view.session is not None:
            self.sessions.add(view.session)
        return view

    async def load(self, expect: type[PlughostError] | None = None) -> PlughostError | None:
        """Load the vice and read its changes up to `active`.

        With `expect`, return the error of exactly this class that it ends in; its changes stay unread.
        """
        with anyio.fail_after(WAIT_S):
            try:
                await self.host.load(self.name)
            except PlughostError as exc:
                if type(exc) is not expect:
                    raise
                return exc
        assert expect is None, f"{self.name} became active"
        await self.wait_state("active")
        return None

    async def call(self, method: str, *, timeout_s: float = WAIT_S, **params: Any) -> Any:
        return await self.host.call(self.name, method, params, timeout_s=timeout_s)

    async def refuse(self, method: str, *, timeout_s: float = WAIT_S, **params: Any) -> PlughostError:
        """Call a method that must fail; return how."""
        try:
            result = await self.call(method, timeout_s=timeout_s, **params)
        except PlughostError as exc:
            return exc
        raise AssertionError(f"{self.name}.{method} returned {result!r}")

    async def greet(self, times: int = 1) -> None:
        """The neighbour answers, under the ordinary deadline."""
        for _ in range(times):
            assert await self.host.call("hello", "greet", {"name": self.name}) == f"Hello, {self.name}"

    async def wait_state(self, state: str) -> Change:
        """Read the vice's changes up to the next one that leads to `state`."""
        with anyio.fail_after(WAIT_S):
            async for change in self._subscription:
                if change.plugin != self.name:
                    continue
                self.changes.append(change)
                assert self.view.id == self.name  # takes note of the session
                if change.new == state:
                    return change
        raise AssertionError("the host closed its changes")

    async def unload(self) -> None:
        with anyio.fail_after(WAIT_S):
            await self.host.unload(self.name)

    async def wait_gone(self, pid: int) -> None:
        """Wait for the end of a process."""
        self.pids.add(pid)
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        try:
            with anyio.fail_after(WAIT_S):
                await anyio.wait_readable(fd)
        finally:
            os.close(fd)

    def growth_bytes(self) -> int:
        """By how much the host's own process had grown at its largest."""
        return _peak_bytes() - self._rss_bytes

    def assert_nothing_left(self) -> None:
        """After the host: no process, no descriptor, no task, no thread."""
        self._subscription.close()
        marks = {self._mark, *(f"{SESSION_MARK}={session}".encode() for session in self.sessions)}
        assert not _left_alive(self.pids | _marked(marks))
        assert not psutil.Process().children(), "a process was not waited for"
        threads = _threads() - self._before.threads
        for thread in threads:
            thread.join(KILLED_S)
        after = _holdings()
        assert after.threads <= self._before.threads
        assert after.tasks == self._before.tasks
        assert after.descriptors <= self._before.descriptors


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "launcher" in metafunc.fixturenames:
        metafunc.parametrize("launcher", ("fork", "exec", "no-warden"), indirect=True)


@pytest.fixture
def launcher(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Launcher:
    if request.param == "exec":

        def never(_program: Program, _warden: Mapping[str, str]) -> bool:
            return False

        monkeypatch.setattr(Program, "may_fork_from", never)
    return request.param


@pytest.fixture
def vices(
    launcher: Launcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> Vices:
    """Open a host with one vice: `async with vices("spins", timing=...) as vice`."""
    if sys.platform != "linux":
        pytest.skip("leftovers are sought in /proc")
    # Every process of this host inherits these: one marks them all, the other finds this interpreter.
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("PATH", os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    caplog.set_level(logging.INFO)

    @asynccontextmanager
    async def open_vice(name: str, *, timing: Timing | None = None) -> AsyncGenerator[Vice]:
        folders = (ROOT / "tests" / "plugins" / name, ROOT / "examples" / "plugins" / "hello")
        warden = "off" if launcher == "no-warden" else "auto"
        host = PluginHost(folders, warden=warden, timing=timing)
        log = Journal()
        vice = Vice(name, host, launcher, log, f"TMPDIR={tmp_path}".encode())
        logging.getLogger().addHandler(log)
        try:
            async with host:
                await host.load("hello")
                session = host.plugin("hello").session
                assert session is not None
                vice.sessions.add(session)
                await vice.greet()
                yield vice
                await vice.greet()
                assert host.plugin("hello").restarts == 0
        finally:
            logging.getLogger().removeHandler(log)
        vice.assert_nothing_left()

    return open_vice


class _Holdings:
    def __init__(self) -> None:
        self.descriptors = len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - the names are all that is wanted
        self.threads = _threads()
        self.tasks = asyncio.all_tasks()


def _holdings() -> _Holdings:
    return _Holdings()


def _peak_bytes() -> int:
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * 1024


def _threads() -> set[threading.Thread]:
    """All threads but anyio's workers, which it keeps for the next one who needs them."""
    return {thread for thread in threading.enumerate() if thread.name != "AnyIO worker thread"}


def _marked(marks: set[bytes]) -> set[int]:
    """Return the processes that carry one of the marks in their environment."""
    found: set[int] = set()
    for name in os.listdir("/proc"):  # noqa: PTH208
        if not name.isdecimal() or int(name) == os.getpid():
            continue
        try:
            environment = Path(f"/proc/{name}/environ").read_bytes().split(b"\0")
        except OSError:
            continue
        if not marks.isdisjoint(environment):
            found.add(int(name))
    return found


def _left_alive(pids: set[int]) -> set[int]:
    """Return those that do not end; one that was killed just now is waited for."""
    left: set[int] = set()
    for pid in pids:
        try:
            fd = os.pidfd_open(pid)
        except ProcessLookupError:
            continue
        try:
            poll = select.poll()
            poll.register(fd, select.POLLIN)
            if not poll.poll(KILLED_S * 1_000):
                left.add(pid)
        finally:
            os.close(fd)
    return left
