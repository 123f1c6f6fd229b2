"""`plughost test --mode live`, against a host in another process."""

import subprocess
import sys

import pytest

from tests.cli.conftest import Shell

HOST = """
import asyncio, sys

from host import PluginHost


async def main():
    async with PluginHost(["says"], data="data", control=True, autoload=True) as host:
        print("up", flush=True)
        await asyncio.to_thread(sys.stdin.read)
        print(host.plugin("says").state, flush=True)


asyncio.run(main())
"""
SAYS = """
from plugin_sdk import Plugin, method, on


class Says(Plugin):
    heard = 0

    @on("thing.happened")
    async def hear(self, event: object) -> None:
        self.heard += 1

    @method
    async def count(self) -> int:
        return self.heard
"""
TESTS = """
import pytest

from plugin_sdk import RpcError


async def test_it_hears(plugin):
    before = await plugin.call("count")
    await plugin.emit("thing.happened", {})
    assert await plugin.call("count") == before + 1


async def test_a_restart_is_one(plugin):
    await plugin.restart()
    assert await plugin.call("count") == 0


async def test_hooks_are_refused(plugin):
    with pytest.raises(RpcError, match="live"):
        await plugin.hook("a.b", {})
"""


@pytest.mark.timeout(90)
def test_tests_run_in_a_host_that_runs_and_leave_the_plugin_running(shell: Shell):
    folder = shell.plugin("says", SAYS)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_says.py").write_text(TESTS)
    with subprocess.Popen(
        [sys.executable, "-c", HOST],
        cwd=shell.folder,
        env=shell.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as host:
        try:
            assert host.stdout is not None
            assert host.stdout.readline() == "up\n"
            done = shell.run("test", folder, "--mode", "live", "--data", shell.folder / "data")
            assert done.code == 0, done.out + done.err
            assert "3 passed" in done.out
            assert host.communicate("")[0] == "active\n"
        finally:
            host.kill()


def test_where_no_host_runs_it_is_said(shell: Shell):
    folder = shell.plugin("says", SAYS)
    (folder / "tests").mkdir()
    (folder / "tests" / "test_says.py").write_text(TESTS)
    done = shell.run("test", folder, "--mode", "live", "--data", shell.folder / "data")
    assert done.code == 6
    assert "error [no_host]" in done.err


def test_the_host_of_the_settings_is_the_one_that_is_asked(shell: Shell):
    assert shell.run("create", "greeter").code == 0
    (shell.folder / "plughost.toml").write_text('data = "data"\n')
    with shell.start("run", "greeter") as running:
        running.until("^all loaded$")
        assert shell.run("test", "greeter", "--mode", "live", "-k", "greets").code == 0
