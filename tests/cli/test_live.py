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
from plugin_sdk import Plugin, Request, deny, endpoint, hook, method, on


class Says(Plugin):
    heard = 0

    @on("thing.happened")
    async def hear(self, event: object) -> None:
        self.heard += 1

    @method
    async def count(self) -> int:
        self.log.info("counted", heard=self.heard)
        return self.heard

    @hook("message.before_send")
    async def look(self, message: dict) -> object:
        return deny("it holds a secret") if "secret" in message["text"] else None

    @endpoint("GET", "/page/{name}", permissions=["pages:read"])
    async def page(self, name: str, request: Request) -> dict:
        return {"name": name, "who": request.principal}
"""
TESTS = """
async def test_it_hears(plugin):
    before = await plugin.call("count")
    await plugin.emit("thing.happened", {})
    assert await plugin.call("count") == before + 1


async def test_a_restart_is_one(plugin):
    await plugin.restart()
    assert await plugin.call("count") == 0


async def test_hooks_are_asked(plugin):
    assert await plugin.hook("message.before_send", {"text": "hello"})
    assert (await plugin.hook("message.before_send", {"text": "a secret"})).reason == "it holds a secret"


async def test_endpoints_answer(plugin):
    asked = {"principal": "ada", "permissions": ("pages:read",)}
    assert (await plugin.request("GET", "/page/one", **asked)).data == {"name": "one", "who": "ada"}
    assert (await plugin.request("GET", "/page/one")).status == 403


async def test_its_log_is_here(plugin, fake_host):
    await plugin.call("count")
    assert fake_host.messages("info")[-1] == "counted"


async def test_time_can_not_be_moved(plugin, clock):
    await clock.advance(hours=1)


async def test_answers_can_not_be_given(plugin, fake_host):
    fake_host.answer("sessions.list", [])


def test_what_is_noted_elsewhere_is_not_empty_here(plugin, fake_host):
    assert fake_host.calls == []
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
            assert "5 passed, 3 skipped" in done.out
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
