"""The whole service: as a program, by its policy, and over a restart."""

import json
import re
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from examples.streamspace.service import PLUGINS, StreamSpace
from host import ConsentRequired, Denied, InvalidParams, NotConfigured, PluginError
from tests.examples.streamspace.conftest import Start

REPOSITORY = Path(__file__).parents[3]
COMMAND = [sys.executable, "-m", "examples.streamspace"]


@pytest.mark.timeout(120)
def test_the_demo_plays_its_scene_and_leaves_nothing_behind() -> None:
    shown = subprocess.run([*COMMAND, "--demo"], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    for line in (
        "github-sync -> ['data-science-lab']",
        "Slack got 'Hello from the demo'",
        "'Total Sessions': 1, 'Active Sessions': 0",
        "Session Ready: Your support-workspace session is ready to use! (welcome)",
        "Session Analytics Report: 1 total sessions, 0 active (session-analytics)",
        "themes to choose from: dark-theme, indigo-theme, light-theme",
    ):
        assert line in shown.stdout
    assert shown.stderr == ""
    pids = [int(pid) for pid in re.findall(r"pid (\d+)", shown.stdout)]
    assert len(pids) == 16
    assert not [pid for pid in pids if psutil.pid_exists(pid)]


@pytest.mark.timeout(120)
def test_the_program_says_what_runs_and_what_is_missing_until_ctrl_c(tmp_path: Path) -> None:
    config = tmp_path / "plugins.toml"
    config.write_text('[slack]\nwebhookUrl = "http://127.0.0.1:9/"\n')
    command = [*COMMAND, "--data", str(tmp_path / "data"), "--config", str(config)]
    errors = tmp_path / "stderr"
    with (
        errors.open("w") as stderr,
        subprocess.Popen(
            command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=stderr, text=True
        ) as process,
    ):
        assert process.stdout is not None
        shown = ""
        for line in process.stdout:
            shown += line
            if "Ctrl-C ends it" in line:
                break
        process.send_signal(signal.SIGINT)
        shown += process.stdout.read()
    assert process.returncode == 0
    assert "discovered -> error" not in errors.read_text()  # the list says it
    assert re.search(r"welcome +active", shown)
    assert re.search(r"slack +active", shown)
    assert re.search(r"github +error .*githubToken.* is required", shown)
    assert "POST /api/plugins/my-plugin/create-session" in shown
    assert shown.endswith("it has ended\n")
    assert (tmp_path / "data" / "streamspace.db").exists()


@pytest.mark.timeout(120)
async def test_all_plugins_run_side_by_side_and_their_state_outlives_the_service(
    start: Start, tmp_path: Path
) -> None:
    async with start() as service:
        assert len(service.host.plugins()) == 18
        session = await service.sessions.create("ada", "firefox-browser")
        await service.host.schedule.run("session-analytics", "report")
        told = await service.inbox.of("grace")
    async with StreamSpace(tmp_path / "data", plugins=[PLUGINS / "session-analytics"]) as again:
        assert await again.sessions.get(session.id) == session
        assert await again.inbox.of("grace") == told


async def test_a_plugin_that_nobody_trusts_waits_for_consent_to_write(tmp_path: Path) -> None:
    folders = [PLUGINS / "my-plugin"]
    async with StreamSpace(tmp_path, plugins=folders, trusted=frozenset()) as service:
        assert service.host.plugin("my-plugin").waiting_permissions == ("sessions:write",)
        with pytest.raises(ConsentRequired):
            await service.host.load("my-plugin")
        await service.host.permissions.consent("my-plugin")
        await service.host.load("my-plugin")
        assert service.host.plugin("my-plugin").state == "active"


def test_editors_get_what_plugins_may_call() -> None:
    stubs = [str(Path(sys.executable).with_name("plughost")), "stubs", "--json"]
    place = "examples.streamspace.service:build_host"
    shown = subprocess.run([*stubs, place], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    document = json.loads(shown.stdout)
    asked = {one["name"]: one.get("x-permission") for one in document["methods"]}
    for namespace in ("sessions", "users", "templates"):
        for name, action in (("list", "read"), ("get", "read"), ("create", "write"), ("delete", "write")):
            assert asked[f"{namespace}.{name}"] == f"{namespace}:{action}"
    assert not (REPOSITORY / "streamspace-data").exists()


def write_plugin(folder: Path, code: str, permissions: list[str]) -> Path:
    folder.mkdir()
    manifest = {"name": folder.name, "version": "1.0.0", "permissions": permissions}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "main.py").write_text("from plugin_sdk import Plugin, method\n\n" + code)
    return folder


CURIOUS = """
class Curious(Plugin):
    @method
    async def look(self, method: str, params: dict):
        return await self.host.call(method, params)

    @method
    async def tell(self):
        await self.notify.all(title="Hello", message="everybody")
"""


async def test_what_a_plugin_did_not_declare_is_denied(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path / "curious", CURIOUS, ["read:sessions", "admin"])
    async with StreamSpace(tmp_path / "data", plugins=[folder]) as service:
        host = service.host
        assert host.plugin("curious").refused_permissions == ("admin:manage",)
        assert await host.call("curious", "look", {"method": "sessions.list", "params": {}}) == []
        for method in ("sessions.create", "users.list", "users.delete", "templates.list"):
            with pytest.raises(Denied):
                await host.call("curious", "look", {"method": method, "params": {}})
        with pytest.raises(Denied):
            await host.call("curious", "tell")


async def test_events_about_users_are_for_plugins_that_may_read_users(tmp_path: Path) -> None:
    code = "class Nosy(Plugin):\n    async def on_user_login(self, user):\n        pass\n"
    folder = write_plugin(tmp_path / "nosy", code, ["read:sessions"])
    async with StreamSpace(tmp_path / "data", plugins=[folder]) as service:
        view = service.host.plugin("nosy")
        assert view.state == "error"
        assert "users:read" in view.reason


async def test_wrong_parameters_and_rows_that_are_not_there_are_told(tmp_path: Path) -> None:
    folder = write_plugin(tmp_path / "curious", CURIOUS, ["read:sessions", "write:sessions"])
    trusted = frozenset({"curious"})
    async with StreamSpace(tmp_path / "data", plugins=[folder], trusted=trusted) as service:
        look = {"method": "sessions.get", "params": {"id": "s-7"}}
        with pytest.raises(PluginError, match="there is no session 's-7'"):
            await service.host.call("curious", "look", look)
        wrong = {"method": "sessions.update", "params": {"id": "s-7", "state": "flying"}}
        with pytest.raises(InvalidParams, match="flying"):
            await service.host.call("curious", "look", wrong)


async def test_mail_without_a_mail_server_is_refused_and_the_rest_goes_on(start: Start) -> None:
    async with start("welcome", "api-tour") as service:
        with pytest.raises(NotConfigured):
            await service.host.command("tour-email", {"to": "ada@example.com"})
        assert await service.host.command("tour-storage")
