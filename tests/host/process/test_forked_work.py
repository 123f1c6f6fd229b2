"""What a plugin may do in its process works in a forked one as in an executed one."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import PluginHost
from tests.host.process.modes import EXECUTED, Mode, one_plugin, only_linux

Write = Callable[..., Path]

pytestmark = only_linux

MODES = pytest.mark.parametrize("mode", ["fork", "exec"])

WORKS = """
import asyncio, concurrent.futures, faulthandler, logging, multiprocessing, os, pickle, signal, ssl
import subprocess, sys, threading, warnings

class OfMain:
    def __init__(self) -> None:
        self.number = 42

OfMain.__module__ = "__main__"
sys.modules["__main__"].OfMain = OfMain

def double(number: int) -> int:
    return 2 * number

def number_of(one: Any) -> int:
    return one.number

class Works(Plugin):
    @method
    def pickle_of_main(self) -> int:
        return pickle.loads(pickle.dumps(OfMain())).number

    @method
    def pickle_of_main_to_a_process(self) -> int:
        with multiprocessing.get_context("fork").Pool(1) as pool:
            return pool.apply(number_of, (OfMain(),))

    @method
    def processes(self, start: str) -> Any:
        context = multiprocessing.get_context(start)
        with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
            return list(pool.map(double, range(4)))

    @method
    def pool(self, start: str) -> Any:
        with multiprocessing.get_context(start).Pool(2) as pool:
            return pool.map(double, range(4))

    @method
    def threads(self) -> Any:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            return list(pool.map(double, range(4)))

    @method
    def fork(self) -> int:
        pid = os.fork()
        if pid == 0:
            os._exit(7 if threading.main_thread() is threading.current_thread() else 8)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    @method
    def run(self) -> str:
        return subprocess.run(["echo", "from a child"], capture_output=True, text=True, check=True).stdout

    @method
    async def run_on_the_loop(self) -> Any:
        process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
        out, _ = await process.communicate(b"through a child")
        return [out.decode(), process.returncode]

    @method
    async def handle_a_signal(self) -> str:
        got = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, got.set_result, "got it")
        os.kill(os.getpid(), signal.SIGUSR1)
        return await got

    @method
    def child_is_waited_for(self) -> Any:
        return [subprocess.call(["false"]), signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL]

    @method
    def encrypt(self) -> str:
        return type(ssl.create_default_context()).__name__

    @method
    def warn(self) -> str:
        faulthandler.dump_traceback(sys.stderr)
        logging.getLogger("works").warning("to stderr")
        return logging.getLogger("works").name
"""

RESULTS: dict[str, tuple[str, dict[str, str], Any]] = {
    "pickling a class of the main module": ("pickle_of_main", {}, 42),
    "and sending it to a process": ("pickle_of_main_to_a_process", {}, 42),
    "processes that are forked": ("processes", {"start": "fork"}, [0, 2, 4, 6]),
    "processes that are spawned": ("processes", {"start": "spawn"}, [0, 2, 4, 6]),
    "processes of a fork server": ("processes", {"start": "forkserver"}, [0, 2, 4, 6]),
    "a pool of spawned processes": ("pool", {"start": "spawn"}, [0, 2, 4, 6]),
    "threads": ("threads", {}, [0, 2, 4, 6]),
    "forking": ("fork", {}, 7),
    "a child": ("run", {}, "from a child\n"),
    "a child on the event loop": ("run_on_the_loop", {}, ["through a child", 0]),
    "a signal on the event loop": ("handle_a_signal", {}, "got it"),
    "the end of a child": ("child_is_waited_for", {}, [1, True]),
    "encryption": ("encrypt", {}, "SSLContext"),
    "logging": ("warn", {}, "works"),
}


@MODES
async def test_everything_works(write_plugin: Write, mode: Mode) -> None:
    async with one_plugin(write_plugin, mode, WORKS) as host:
        for name, (method, params, result) in RESULTS.items():
            assert await host.call("one", method, params, timeout_s=30) == result, name


CHANCE = """
import os, random, secrets, sys, tempfile, uuid

class Chance(Plugin):
    @method
    async def draw(self) -> Any:
        return {
            "random": random.random(), "bytes": os.urandom(8).hex(), "secret": secrets.token_hex(8),
            "uuid4": str(uuid.uuid4()), "uuid1": str(uuid.uuid1()),
            "file": tempfile.NamedTemporaryFile().name,
            "key": bytes(__import__("multiprocessing").current_process().authkey).hex(),
            "loaded": sorted(sys.modules),
        }
"""


async def test_no_two_plugins_draw_the_same(write_plugin: Write, plugins: Path) -> None:
    for name in ("a", "b"):
        write_plugin(name, CHANCE)
    write_plugin("c", CHANCE, EXECUTED)
    async with PluginHost([plugins], autoload=True) as host:
        drawn = [await host.call(name, "draw") for name in ("a", "b", "c")]
        await host.restart("a")
        drawn.append(await host.call("a", "draw"))
    for name in drawn[0].keys() - {"loaded"}:
        assert len({one[name] for one in drawn}) == 4, name


async def test_nothing_is_loaded_beforehand_but_the_library_and_the_sdk(
    write_plugin: Write, plugins: Path
) -> None:
    write_plugin("a", CHANCE)
    write_plugin("c", CHANCE, EXECUTED)
    async with PluginHost([plugins], autoload=True) as host:
        forked = set((await host.call("a", "draw"))["loaded"])
        executed = set((await host.call("c", "draw"))["loaded"])
    more = forked - executed
    assert {name for name in more if name.startswith("plugin_sdk")} == {
        f"plugin_sdk.runtime.{name}"
        for name in (
            "compaction",
            "confine",
            "forked",
            "image",
            "placard",
            "processes",
            "rehearsal",
            "strays",
            "trial",
        )
    }
    foreign = {name.partition(".")[0] for name in more} - {"plugin_sdk", "protocol"}
    assert foreign <= {"_ctypes", "array", "ctypes", "gc", "mmap"}
    assert executed - forked == set()
