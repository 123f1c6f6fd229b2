"""A host that runs on uvloop, and its plugins."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import PluginHost
from tests.host.process.modes import MODES, Mode, end_of, one_plugin

pytest.importorskip("uvloop", reason="uvloop is an extra: pip install 'plughost[uvloop]'")

Write = Callable[..., Path]

LOOPS = """
import asyncio, os, signal, sys

class Loops(Plugin):
    @method
    async def loop(self) -> str:
        return type(asyncio.get_running_loop()).__module__.partition(".")[0]

    @method
    async def work(self) -> Any:
        process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
        out, _ = await process.communicate(b"through a child")
        got = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, got.set_result, "got it")
        os.kill(os.getpid(), signal.SIGUSR1)
        return [out.decode(), process.returncode, await got]

    @method
    async def count(self, upto: int):
        for number in range(upto):
            yield number

    @method
    async def leave(self) -> None:
        raise SystemExit(7)
"""

WITHOUT_THE_SDK = """
import json, os, sys
for line in sys.stdin:
    request = json.loads(line)
    result = {"protocol_version": 1, "methods": []} if request["method"] == "plugin.initialize" else {}
    if request["method"] == "loop":
        result = os.environ.get("PLUGHOST_LOOP")
    print(json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": result}), flush=True)
"""


@pytest.fixture
def anyio_backend() -> Any:
    return ("asyncio", {"use_uvloop": True})


@pytest.mark.parametrize("mode", MODES)
async def test_its_python_plugins_run_on_uvloop_too(write_plugin: Write, mode: Mode) -> None:
    async with one_plugin(write_plugin, mode, LOOPS) as host:
        assert await host.call("one", "loop") == "uvloop"
        assert await host.call("one", "work", timeout_s=20) == ["through a child", 0, "got it"]
        assert [number async for number in host.stream("one", "count", {"upto": 3})] == [0, 1, 2]
        facts = await end_of(host, "leave")
        assert (facts.code, facts.stderr) == (7, ())


@pytest.mark.parametrize("mode", MODES)
async def test_a_plugin_may_choose_asyncios_own_loop(write_plugin: Write, mode: Mode) -> None:
    choice = '[env]\nPLUGHOST_LOOP = "asyncio"\n'
    async with one_plugin(write_plugin, mode, LOOPS, choice) as host:
        assert await host.call("one", "loop") == "asyncio"


async def test_a_program_of_another_kind_hears_nothing_of_it(plugins: Path) -> None:
    folder = plugins / "other"
    folder.mkdir()
    (folder / "main.py").write_text(WITHOUT_THE_SDK)
    (folder / "plugin.toml").write_text(
        f'id = "other"\nversion = "1"\ncommand = ["{sys.executable}", "main.py"]'
    )
    async with PluginHost([folder], autoload=True) as host:
        assert host.plugin("other").state == "active"
        pid = host.plugin("other").pid
        if sys.platform == "linux":
            assert b"PLUGHOST_LOOP" not in Path(f"/proc/{pid}/environ").read_bytes()
