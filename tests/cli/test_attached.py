"""Commands that reach a running host, as processes beside a real `plughost run`."""

import json
import re
import signal
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLES, Running, Shell


@contextmanager
def host(shell: Shell, *names: str, options: tuple[str, ...] = ()) -> Generator[Running]:
    folders = [str(EXAMPLES / name) for name in names or ("hello", "streamer", "crasher")]
    with shell.start("run", *folders, "--data", "data", *options) as running:
        running.until("all loaded|loaded$")
        yield running


def test_plugins_are_listed_for_people_and_for_programs(shell: Shell):
    with host(shell):
        shown = shell.run("ps", "--data", "data")
        assert shown.code == 0
        head, *rows = shown.out.splitlines()
        assert head.split()[:4] == ["PLUGIN", "VERSION", "STATE", "PID"]
        assert [row.split()[0] for row in rows] == ["crasher", "hello", "streamer"]
        assert {row["state"] for row in json.loads(shell.run("ps", "--data", "data", "--json").out)} == {
            "active"
        }
        assert shell.run("ps", "--data", "data", "-q", "--filter", "hell").out == "hello\n"


def test_a_filter_that_cannot_be_read_shows_where(shell: Shell):
    with host(shell, "hello"):
        shown = shell.run("ps", "--data", "data", "--filter", "state:active cpu>>2")
        assert shown.code == 2
        assert "  state:active cpu>>2\n               ^" in shown.err
        assert "allowed: a number of percent" in shown.err


def test_plugins_are_stopped_loaded_and_restarted(shell: Shell):
    with host(shell):

        def pids() -> dict[str, int | None]:
            return {
                row["id"]: row["pid"] for row in json.loads(shell.run("ps", "--data", "data", "--json").out)
            }

        before = pids()
        assert shell.run("unload", "--data", "data", "hello").out == "hello: discovered\n"
        assert pids()["hello"] is None
        assert shell.run("load", "--data", "data", "hello").out.startswith("hello: active, pid ")
        done = shell.run("restart", "--data", "data", "--filter", "streamer")
        assert done.out.startswith("streamer: active, pid ")
        after = pids()
        assert after["streamer"] != before["streamer"]
        assert after["crasher"] == before["crasher"]
        assert shell.run("disable", "--data", "data", "hello").out == "hello: disabled\n"
        refused = shell.run("start", "--data", "data", "hello", "crasher")
        assert refused.code == 7
        assert "error [disabled]" in refused.err
        assert "crasher: active" in refused.out
        assert shell.run("enable", "--data", "data", "hello").code == 0


def test_near_misses_are_named(shell: Shell):
    with host(shell, "hello"):
        for words in (("restart", "helo"), ("info", "helo"), ("logs", "helo"), ("call", "helo", "greet")):
            shown = shell.run(*words, "--data", "data")
            assert shown.code == 4, words
            assert "did you mean hello?" in shown.err, words
        assert "Did you mean restart" in shell.run("restrat").err


def test_methods_are_called_and_streams_read(shell: Shell):
    with host(shell):
        called = shell.run("call", "--data", "data", "hello", "greet", '{"name": "Ada"}')
        assert (called.code, called.out) == (0, "Hello, Ada\n")
        counted = shell.run("stream", "--data", "data", "hello", "count", '{"upto": 3}')
        assert counted.out == "0\n1\n2\n"


def test_a_host_that_dies_in_a_call_is_told_at_once(shell: Shell):
    never = Path(__file__).parents[1] / "plugins" / "never-answers"
    with shell.start("run", str(never), "--data", "data") as running:
        running.until("loaded")
        method = json.loads(shell.run("info", "--data", "data", "never-answers", "--json").out)
        assert method["row"]["state"] == "active"
        with shell.start("call", "--data", "data", "never-answers", "hang", "--timeout", "60") as call:
            with shell.start("rpc", "tail", "--data", "data", "--json") as tail:
                assert json.loads(tail.item())["plugin"] == "never-answers"
                running.signal(signal.SIGKILL)
                assert tail.end().code == 6
            done = call.end()
            assert done.code == 6
            assert "error [" in done.err


def test_logs_and_events_are_shown(shell: Shell):
    with host(shell, "hello"):
        logs = shell.run("logs", "--data", "data", "hello")
        assert "loading -> active" in logs.out
        lines = [
            json.loads(line) for line in shell.run("events", "--data", "data", "--json").out.splitlines()
        ]
        assert ("lifecycle", "hello") in [(line["kind"], line["plugin"]) for line in lines]
        with shell.start("watch", "--data", "data", "--json") as watch:
            # Once something comes, it follows.
            while not json.loads(shell.run("host", "--data", "data", "--json").out)["clients"][0][
                "subscriptions"
            ]:
                pass
            shell.run("restart", "--data", "data", "hello")
            assert json.loads(watch.item())["text"].startswith("active -> unloading")
            watch.signal(signal.SIGINT)
            assert watch.end().code == 130


def test_what_a_manifest_says_that_a_plugin_can_do_is_shown(shell: Shell):
    source = "from plugin_sdk import Plugin\nclass Able(Plugin): ...\n"
    folder = shell.plugin("able", source, 'capabilities = ["exec.able.sync"]\n')
    with shell.start("run", str(folder), "--data", "data") as running:
        running.until("loaded$")
        shown = shell.run("info", "--data", "data", "able").out
        assert re.search(r"^can +exec\.able\.sync$", shown, re.MULTILINE)


def test_what_the_host_is_and_how_it_is_doing(shell: Shell):
    with host(shell, "hello"):
        page = json.loads(shell.run("host", "--data", "data", "--json").out)
        assert page["data_folder"].endswith("/data")
        assert (
            "enforced" in json.loads(shell.run("info", "--data", "data", "hello", "--json").out)["bounds"][0]
        )
        assert shell.run("health", "--data", "data", "hello").out == "hello: healthy\n"
        assert shell.run("status", "--data", "data", "hello").code == 0
        assert 'plughost_plugin_up{plugin="hello"} 1' in shell.run("metrics", "--data", "data").out
        assert shell.run("metrics", "--data", "data", "--out", "m.prom").out == ""
        assert "plughost_plugins" in (shell.folder / "m.prom").read_text()
        assert shell.run("problems", "--data", "data").code == 0
        assert "it runs and answers" in shell.run("doctor", "--data", "data").out


def test_permissions_and_storage_are_those_of_the_running_host(shell: Shell):
    with host(shell, "hello"):
        granted = shell.run("perms", "grant", "hello", "mail:send", "--data", "data")
        assert granted.out == "hello: granted: mail:send\n"
        assert "mail:send" in shell.run("perms", "list", "hello", "--data", "data").out
        assert shell.run("storage", "get", "hello", "nothing", "--data", "data").code == 4
        assert shell.run("storage", "list", "--data", "data").code == 0


def test_a_backup_is_taken_while_the_host_runs_and_a_host_starts_from_it(shell: Shell):
    with host(shell, "hello"):
        shell.run("perms", "grant", "hello", "mail:send", "--data", "data")
        assert shell.run("backup", "copy.tar.gz", "--data", "data").code == 0
        assert shell.run("backup", "copy.tar.gz", "--data", "data").code == 2
    assert shell.run("backup", "later.tar.gz", "--data", "data").code == 0
    assert shell.run("restore", "copy.tar.gz", "--data", "new").code == 0
    assert "is not empty" in shell.run("restore", "copy.tar.gz", "--data", "new").err
    with shell.start("run", str(EXAMPLES / "hello"), "--data", "new") as running:
        running.until("all loaded")
        assert "mail:send" in shell.run("perms", "list", "hello", "--data", "new").out


def test_a_recording_holds_what_the_host_showed(shell: Shell):
    with host(shell, "hello"):
        assert shell.run("record", "it.gz", "--for", "0.5", "--data", "data").code == 0
        assert (shell.folder / "it.gz").stat().st_size > 100


@pytest.mark.parametrize("words", [("ps",), ("logs",), ("load", "x"), ("host",), ("watch",)])
def test_without_a_host_it_says_how_to_start_one(shell: Shell, words: tuple[str, ...]):
    shown = shell.run(*words, "--data", "nowhere")
    assert shown.code == 6
    assert "error [no_host]" in shown.err
    assert "start one with `plughost run`" in shown.err


def test_a_host_may_be_run_without_a_socket(shell: Shell):
    with host(shell, "hello", options=("--no-control",)):
        assert shell.run("ps", "--data", "data").code == 6


def test_versions_and_completion_are_printed(shell: Shell):
    assert shell.run("version").out.startswith("plughost ")
    assert "_PLUGHOST_COMPLETE" in shell.run("completion", "bash").out


def test_plugins_are_named_in_one_way_and_one_that_is_not_there_keeps_no_other(shell: Shell):
    with host(shell, "hello", "streamer"):
        both = shell.run("unload", "hello", "--filter", "state:error", "--data", "data")
        assert both.code == 2
        assert "found several ways to name plugins" in both.err
        done = shell.run("restart", "nope", "hello", "--data", "data")
        assert done.code == 4
        assert done.out.startswith("hello: active")
        assert "there is no plugin 'nope'" in done.err
        nobody = shell.run("restart", "--filter", "id:zzz", "--data", "data")
        assert (nobody.code, nobody.out, nobody.err) == (0, "", "no plugin is meant: nothing was done\n")


def test_a_filter_takes_the_last_lines_that_fit_it(shell: Shell):
    with host(shell, "hello", "streamer"):
        for _ in range(3):
            shell.run("call", "hello", "greet", '{"name": "you"}', "--data", "data")
        found = shell.run("events", "-n", "1", "--filter", "plugin:streamer", "--data", "data").out
        assert len(found.splitlines()) == 1
        assert "streamer" in found


def test_a_command_has_the_time_that_it_is_given(shell: Shell):
    code = "import asyncio\nfrom plugin_sdk import Plugin, command\n\nclass Slow(Plugin):\n"
    code += '    @command("slow")\n    async def slow(self) -> None:\n        await asyncio.sleep(60)\n'
    with host(shell, str(shell.plugin("slow", code))):
        done = shell.run("commands", "--data", "data", "run", "slow", "--timeout", "0.2")
        assert done.code == 124


def test_a_host_that_stands_still_is_given_up_and_named(shell: Shell):
    with host(shell, "hello") as running:
        running.signal(signal.SIGSTOP)
        try:
            done = shell.run("ps", "--data", "data")
            listed = shell.run("perms", "list", "--data", "data")
        finally:
            running.signal(signal.SIGCONT)
    for one in (done, listed):
        assert one.code == 6
        assert f"the host, process {running.process.pid}, does not answer" in one.err
        assert f"kill -CONT {running.process.pid}" in one.err


def test_a_call_is_given_up_when_its_host_stops_meanwhile(shell: Shell):
    with host(shell, "hello") as running, shell.start("events", "-f", "--data", "data") as follower:
        follower.item()
        running.signal(signal.SIGSTOP)
        try:
            done = follower.end()
        finally:
            running.signal(signal.SIGCONT)
    assert done.code == 6
    assert "does not answer" in done.err


GUARD = """
from plugin_sdk import Plugin, allow, hook

class Guard(Plugin):
    @hook("message.before_send", fail="closed")
    async def check(self, message):
        return allow()
"""


def test_disabling_a_plugin_whose_hooks_guard_names_them_and_asks(shell: Shell):
    folder = shell.plugin("guard", GUARD)
    with shell.start("run", str(folder), "--data", "data") as running:
        running.until("loaded$")

        def state() -> str:
            return json.loads(shell.run("ps", "--data", "data", "--json").out)[0]["state"]

        shown = shell.run("disable", "--data", "data", "guard")
        assert (shown.code, state()) == (2, "active")
        assert "guard: message.before_send" in shown.err
        assert "add --yes" in shown.err
        asked = shell.at_terminal("disable", "--data", "data", "guard", answers=[("Disable? [y/N]", "n")])
        assert asked.code != 0
        assert state() == "active"
        asked = shell.at_terminal("disable", "--data", "data", "guard", answers=[("Disable? [y/N]", "y")])
        assert asked.code == 0
        assert state() == "disabled"
        # It guards nothing now.
        assert shell.run("disable", "--data", "data", "guard").code == 0
        shell.run("enable", "--data", "data", "guard")
        shell.run("load", "--data", "data", "guard")
        done = shell.run("disable", "--data", "data", "--all", "--yes")
        assert (done.code, done.out) == (0, "guard: disabled\n")
        assert "guard: message.before_send" in done.err
