"""However a host or its warden dies, nothing of the plugins stays behind."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path

import anyio
import anyio.to_thread
import msgspec
import psutil
import pytest

from host import PluginHost, PluginView
from host.process.identity import start_ticks
from host.process.marked import find_marked
from host.state.ledger import LedgerRow
from host.timing import Timing
from tests.host.process.modes import EXECUTED

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a warden")

Until = Callable[..., Awaitable[PluginView]]
Write = Callable[..., Path]

GONE_WITHIN_S = 10.0
PLUGINS = 20

STUBBORN = """
import os
import signal
import time

def child(kind: str) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if kind != "plain":
        os.setsid()
    if kind == "unmarked":
        os.execve("/bin/sleep", ["sleep", "120"], {})
    if kind == "escaped":
        if os.fork():
            os._exit(0)
        os.setsid()
    signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
    while True:
        time.sleep(1)

class Stubborn(Plugin):
    async def on_load(self) -> None:
        for kind in ("plain", "unmarked", "escaped"):
            read, held = os.pipe()
            pid = os.fork()
            if pid == 0:
                child(kind)
            os.close(held)
            if kind == "escaped":
                os.waitpid(pid, 0)
            if kind == "unmarked":
                os.read(read, 1)  # it ends when another program runs there
            os.close(read)
"""

OUTLIVES_ITS_HOST = """
import ctypes
import json
import signal
import sys
import time

ctypes.CDLL(None).prctl(1, 0, 0, 0, 0)  # PR_SET_PDEATHSIG: nothing tells it of its parent's end
signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
for line in sys.stdin.buffer:
    request = json.loads(line)
    result = {"protocol_version": 1, "methods": []} if request["method"] == "plugin.initialize" else {}
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
while True:
    time.sleep(1)
"""


class Watch:
    """Processes that are to end, each pinned by a descriptor that becomes readable at its end."""

    def __init__(self, pids: list[int]) -> None:
        self.pids = pids
        self._fds = {os.pidfd_open(pid): pid for pid in pids}

    def alive(self, within_s: float = 0.0) -> list[int]:
        """Wait for their ends; return the pids that have not ended by then."""
        until_s = time.monotonic() + within_s
        poll = select.poll()
        for fd in self._fds:
            poll.register(fd, select.POLLIN)
        left = dict(self._fds)
        while left and (ended := poll.poll(max(0.0, until_s - time.monotonic()) * 1_000)):
            for fd, _ in ended:
                poll.unregister(fd)
                del left[fd]
        return list(left.values())

    async def ended(self) -> list[int]:
        """Return who is still there after the time that all have."""
        return await anyio.to_thread.run_sync(self.alive, GONE_WITHIN_S)

    def close(self) -> None:
        for fd in self._fds:
            os.close(fd)
        self._fds = {}


def descendants(pid: int) -> list[int]:
    return [one.pid for one in psutil.Process(pid).children(recursive=True)]


def living(pids: list[int]) -> list[int]:
    """Those that are no zombies: an exited process that its parent has not waited for is no concern here."""
    return [pid for pid in pids if psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]


@asynccontextmanager
async def host_program(
    data: Path, warden: str, plugins: Path
) -> AsyncGenerator["subprocess.Popen[bytes]", None]:
    """A host in a process of its own, with all its plugins active."""
    script = Path(__file__).with_name("hosting.py")
    command = [sys.executable, str(script), str(data), warden, str(plugins)]
    host = await anyio.to_thread.run_sync(
        lambda: subprocess.Popen(command, stdout=subprocess.PIPE, cwd=Path(__file__).parents[3])
    )
    assert host.stdout is not None
    try:
        with anyio.fail_after(50):
            line = await anyio.to_thread.run_sync(host.stdout.readline, abandon_on_cancel=True)
        assert line == b"ready\n"
        yield host
    finally:
        host.kill()
        host.wait()
        host.stdout.close()


async def test_a_killed_host_leaves_none_of_its_plugins_or_their_descendants(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    for number in range(PLUGINS):
        write_plugin(f"p{number}", STUBBORN, EXECUTED if number % 2 else "")
    async with host_program(tmp_path / "data", "auto", plugins) as host:
        with closing(Watch(living(descendants(host.pid)))) as watch:
            assert len(watch.pids) == 1 + 4 * PLUGINS, "the warden, and of each plugin three more"
            host.kill()
            assert await watch.ended() == []


async def test_without_a_warden_a_killed_host_leaves_none_of_its_plugins(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    for number in range(4):
        write_plugin(f"p{number}", "class Plain(Plugin): ...\n")
    async with host_program(tmp_path / "data", "off", plugins) as host:
        with closing(Watch(living(descendants(host.pid)))) as watch:
            assert len(watch.pids) == 4
            host.kill()
            assert await watch.ended() == []


def warden_pid() -> int:
    (pid,) = (one.pid for one in psutil.Process().children() if "plugin_sdk.runtime.warden" in one.cmdline())
    return pid


async def all_seen_by_a_sweep(host: PluginHost) -> None:
    with anyio.fail_after(20):
        # Figures are looked at; nobody is told of them.
        while any((view.figures.children or 0) < 3 for view in host.plugins()):  # noqa: ASYNC110
            await anyio.sleep(0.02)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_warden_that_dies_takes_its_plugins_along_and_a_new_one_brings_them_back(
    plugins: Path,
    write_plugin: Write,
    until: Until,
    caplog: pytest.LogCaptureFixture,
    number: signal.Signals,
) -> None:
    for index in range(6):
        write_plugin(f"p{index}", STUBBORN, EXECUTED if index % 2 else "")
    timing = Timing(watch_every_s=0.3)
    async with PluginHost(plugins=[plugins], autoload=True, timing=timing) as host:
        await all_seen_by_a_sweep(host)
        sessions = {view.id: view.session for view in host.plugins()}
        first_warden = warden_pid()
        with (
            closing(Watch(living(descendants(first_warden)))) as watch,
            host.changes() as changes,
            anyio.fail_after(40),
        ):
            assert len(watch.pids) == 4 * 6
            os.kill(first_warden, number)
            back = 0
            while back < 6:
                back += (await anext(changes)).new == "active"
            assert await watch.ended() == []

        assert warden_pid() != first_warden
        for view in host.plugins():
            assert view.state == "active"
            assert view.session != sessions[view.id]
            assert view.restarts == 0, "the plugins were not to blame"
            assert view.last_exit is not None
            assert "warden was lost" in view.last_exit.detail
    assert "a new warden is started, and the plugins are brought back" in caplog.text


def write_outliving(plugins: Path) -> None:
    folder = plugins / "outlives"
    folder.mkdir()
    (folder / "main.py").write_text(OUTLIVES_ITS_HOST)
    (folder / "plugin.toml").write_text(
        'id = "outlives"\nversion = "1.0.0"\ncommand = ["python3", "main.py"]\n'
    )


def rows(data: Path) -> dict[Path, LedgerRow]:
    return {file: msgspec.json.decode(file.read_bytes(), type=LedgerRow) for file in (data / "run").iterdir()}


async def test_what_a_killed_host_left_is_ended_by_the_next_one(
    plugins: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_outliving(plugins)
    data = tmp_path / "data"
    async with host_program(data, "off", plugins) as host:
        (row,) = rows(data).values()
        assert (row.plugin, row.host_pid) == ("outlives", host.pid)
    with closing(Watch([row.pid])) as watch:
        assert watch.alive() == [row.pid]

        async with PluginHost(plugins=[plugins], data=data):
            assert await watch.ended() == []
            assert rows(data) == {}
    assert "ended plugins that a killed host left" in caplog.text


async def test_without_a_warden_what_a_killed_plugin_left_is_ended_by_the_next_host(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    for number in range(3):
        write_plugin(f"p{number}", STUBBORN)
    data = tmp_path / "data"
    async with host_program(data, "off", plugins) as host:
        marked = [one.pid for one in find_marked([row.session for row in rows(data).values()])]
        unmarked = [pid for pid in living(descendants(host.pid)) if pid not in marked]
        assert (len(marked), len(unmarked)) == (3 * 3, 3)
        watch = Watch(marked)
    with closing(watch):
        async with PluginHost(plugins=[plugins], data=data):
            assert await watch.ended() == []
            assert rows(data) == {}
    for pid in unmarked:
        os.kill(pid, signal.SIGKILL)  # without a mark, and without a warden, nobody could know them


async def test_a_pid_that_belongs_to_another_process_by_now_is_not_touched(
    plugins: Path, tmp_path: Path
) -> None:
    write_outliving(plugins)
    data = tmp_path / "data"
    async with host_program(data, "off", plugins):
        ((file, row),) = rows(data).items()
    with subprocess.Popen(["sleep", "120"], start_new_session=True) as another:  # noqa: ASYNC220
        reused = msgspec.structs.replace(row, pid=another.pid)
        assert start_ticks(another.pid) != row.start_ticks
        file.write_bytes(msgspec.json.encode(reused))
        with closing(Watch([another.pid])) as watch, closing(Watch([row.pid])) as left:
            async with PluginHost(plugins=[plugins], data=data):
                assert rows(data) == {}
                assert await left.ended() == [], "it is known by its session's mark, whatever the row says"
            assert watch.alive() == [another.pid]
        another.kill()


async def test_a_row_of_a_host_that_lives_is_left_alone(plugins: Path, tmp_path: Path) -> None:
    write_outliving(plugins)
    async with host_program(tmp_path / "first", "off", plugins):
        ((file, row),) = rows(tmp_path / "first").items()
        (tmp_path / "second" / "run").mkdir(parents=True)
        (tmp_path / "second" / "run" / file.name).write_bytes(file.read_bytes())
        with closing(Watch([row.pid])) as watch:
            async with PluginHost(data=tmp_path / "second"):
                assert watch.alive() == [row.pid]
            os.kill(row.pid, signal.SIGKILL)
            assert await watch.ended() == []
