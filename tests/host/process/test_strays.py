"""What an ended plugin left is found and killed, whatever it did to get away; what is another's is not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from host import PluginHost
from tests.host.process.modes import EXECUTED, Mode, end_of, gone, only_linux

Write = Callable[..., Path]

pytestmark = only_linux

LEAVES = """
import os, signal, subprocess, sys, time

def away(told: int) -> None:
    signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
    os.setsid()
    if os.fork():
        os._exit(0)
    os.setsid()
    os.write(told, b"%d" % os.getpid())
    os.close(told)
    while True:
        time.sleep(1)

class Leaves(Plugin):
    @method
    async def fork(self) -> int:
        read, told = os.pipe()
        pid = os.fork()
        if pid == 0:
            away(told)
        os.waitpid(pid, 0)
        return int(os.read(read, 20))

    @method
    async def fork_and_execute(self) -> int:
        code = "import os, time; os.setsid(); os.fork() and os._exit(0); print(os.getpid(), flush=True)"
        code += "; time.sleep(120)"
        child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
        child.wait()
        return int(child.stdout.readline())

    @method
    async def end(self) -> None:
        raise SystemExit(3)
"""


@pytest.mark.parametrize("way", ["fork", "fork_and_execute"])
@pytest.mark.parametrize("mode", ["fork", "exec", "direct"])
async def test_a_process_that_got_away_before_any_sweep_is_found_by_its_sessions_mark(
    plugins: Path, write_plugin: Write, mode: Mode, way: str
) -> None:
    for name in ("one", "other"):
        write_plugin(name, LEAVES, EXECUTED if mode == "exec" else "")
    async with PluginHost([plugins], warden="off" if mode == "direct" else "auto", autoload=True) as host:
        others = await host.call("other", way)
        lost = await host.call("one", way)
        mark = f"PLUGHOST_SESSION={host.plugin('one').session}\0".encode()
        assert mark in Path(f"/proc/{lost}/environ").read_bytes()
        facts = await end_of(host, "end")
        assert facts.survivors == ()
        await gone(lost)
        assert Path(f"/proc/{others}/comm").read_text(), "it still runs"
        await host.unload("other")
        await gone(others)
