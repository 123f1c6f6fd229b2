"""Who is let in by a host with plugins: other programs of its user, but nothing that a plugin started."""

import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest

from host import PluginHost
from host.control.client import connect
from host.facade.tails import TailQuery

WAIT_S = 20.0

KNOCKS = '''
import json
import socket
import subprocess
import sys

from plugin_sdk import Plugin, method

ASK = """
import json, socket, sys
wire = socket.socket(socket.AF_UNIX)
wire.settimeout(10)
wire.connect(sys.argv[1])
hello = {"jsonrpc": "2.0", "id": 1, "method": "hello", "params": {"client": "plugin", "protocol": 1}}
try:
    wire.sendall(json.dumps(hello).encode() + bytes([10]))
except OSError:
    pass
print(wire.makefile().readline())
"""


class Knocks(Plugin):
    @method
    def knock(self, path: str, how: str) -> str:
        """Return the first line that the control socket answers."""
        if how == "itself":
            wire = socket.socket(socket.AF_UNIX)
            wire.settimeout(10)
            wire.connect(path)
            return wire.makefile().readline()
        argv = [sys.executable, "-c", ASK, path]
        env = {} if how == "child without its mark" else None
        session = how == "child in a session of its own"
        return subprocess.run(
            argv, stdout=subprocess.PIPE, env=env, start_new_session=session, text=True, check=True
        ).stdout
'''


@pytest.mark.parametrize("warden", ["auto", "off"])
@pytest.mark.parametrize(
    "how", ["itself", "child", "child in a session of its own", "child without its mark"]
)
async def test_a_plugin_is_refused_and_its_try_is_in_the_audit(
    how: str, warden: str, tmp_path: Path, write_plugin: Callable[..., Path]
) -> None:
    folder = write_plugin("knocks", KNOCKS)
    async with PluginHost(
        plugins=[folder], data=tmp_path / "data", control=True, warden="off" if warden == "off" else "auto"
    ) as host:
        await host.load("knocks")
        socket = (await host.facade.host()).socket
        async with host.facade.tail(TailQuery(source="events", kinds=("audit",), last=0)) as tail:
            answer: str = await host.call("knocks", "knock", {"path": socket, "how": how}, timeout_s=30)
            assert "denied" in answer
            with anyio.fail_after(WAIT_S):
                batch = await anext(tail)
            assert "connect" in batch.lines[0].topic
            assert "denied" in batch.lines[0].text


async def test_another_program_of_the_same_user_is_let_in(
    tmp_path: Path, write_plugin: Callable[..., Path]
) -> None:
    folder = write_plugin("knocks", KNOCKS)
    ask = (
        "import anyio, pathlib, sys\n"
        "from host.control.client import connect\n"
        "async def main():\n"
        "    async with connect(pathlib.Path(sys.argv[1])) as facade:\n"
        "        print((await facade.plugin_start('knocks')).state)\n"
        "anyio.run(main)\n"
    )
    async with PluginHost(plugins=[folder], data=tmp_path / "data", control=True):
        with anyio.fail_after(WAIT_S):
            done = await anyio.run_process([sys.executable, "-c", ask, str(tmp_path / "data")])
        assert done.stdout.decode().strip() == "active"


async def test_the_host_knows_its_clients_and_forgets_them(
    tmp_path: Path, write_plugin: Callable[..., Path]
) -> None:
    folder = write_plugin("knocks", KNOCKS)
    async with PluginHost(plugins=[folder], data=tmp_path / "data", control=True) as host:
        async with connect(tmp_path / "data", client="a test") as facade:
            assert [client.name for client in (await facade.host()).clients] == ["a test"]
        with anyio.fail_after(WAIT_S):
            while (await host.facade.host()).clients:
                await anyio.lowlevel.checkpoint()
