import json
import re
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLES, VICES, Running, Shell, gone

ACTIVE = r"loading -> active.*\bpid=(\d+)"
LINE = re.compile(r"\d\d:\d\d:\d\d\.\d{3} (DEBUG|INFO|WARNING|ERROR) +\S+  \S")
STAYS = """
import asyncio

from plugin_sdk import Plugin, method


class Stays(Plugin):
    async def on_unload(self) -> None:
        self.log.info("unloading")
        await asyncio.sleep(600)
"""


def data(shell: Shell) -> Path:
    return shell.folder / "data"


def test_ctrl_c_stops_every_plugin_in_order(shell: Shell):
    plugins = [EXAMPLES / name for name in ("hello", "streamer", "counter")]
    with shell.start("run", *plugins, "--data", data(shell)) as running:
        pids = _pids(running, 3)
        running.until("^all loaded$")
        running.signal(signal.SIGINT)
        done = running.end()
    assert done.code == 130
    assert "stopping; Ctrl-C again to hasten" in done.err
    assert "Traceback" not in done.err
    assert len(set(pids)) == 3
    assert all(gone(pid) for pid in pids)


def test_the_log_reads_line_by_line(shell: Shell):
    with shell.start("run", EXAMPLES / "hello", "--data", data(shell)) as running:
        running.until("^all loaded$")
        running.signal(signal.SIGINT)
        done = running.end()
    assert done.out == ""
    lines = [line for line in done.err.splitlines() if re.match(r"\d\d:", line)]
    assert len(lines) >= 4
    assert all(LINE.match(line) for line in lines)
    assert re.search(r"INFO +plugin\.hello  hello is ready  greeting=Hello", done.err)
    assert "1 plugin found" in done.err


def test_sigterm_is_an_ordinary_end(shell: Shell):
    with shell.start("run", EXAMPLES / "hello", "--data", data(shell)) as running:
        [pid] = _pids(running, 1)
        running.until("^all loaded$")
        running.signal(signal.SIGTERM)
        done = running.end()
    assert done.code == 0
    assert gone(pid)


def test_further_interrupts_hasten_what_does_not_want_to_end(shell: Shell):
    with shell.start("run", VICES / "ignores-term", "--data", data(shell)) as running:
        [pid] = _pids(running, 1)
        running.until("^all loaded$")
        running.signal(signal.SIGINT)
        running.until("^stopping")
        running.signal(signal.SIGINT)
        running.until("^hastening$")
        done = running.end()
    assert done.code == 130
    assert gone(pid)


def test_a_second_interrupt_does_not_wait_for_a_plugin_that_unloads(shell: Shell):
    folder = shell.plugin("stays", STAYS)
    with shell.start("run", folder, "--data", data(shell)) as running:
        [pid] = _pids(running, 1)
        running.until("^all loaded$")
        running.signal(signal.SIGINT)
        running.until("  unloading")
        running.signal(signal.SIGINT)
        done = running.end()
    assert done.code == 130
    # The whole wait for `plugin.unload` would have ended in this warning.
    assert "plugin.unload failed" not in done.err
    assert gone(pid)


def test_as_json_every_log_line_is_an_object(shell: Shell):
    with shell.start("run", EXAMPLES / "hello", "--data", data(shell), "--json") as running:
        running.until("^all loaded$")
        running.signal(signal.SIGINT)
        done = running.end()
    entries = [json.loads(line) for line in done.err.splitlines() if line.startswith("{")]
    [active] = [entry for entry in entries if entry["message"] == "loading -> active"]
    assert active["logger"] == "plugin.hello"
    assert isinstance(active["fields"]["pid"], int)
    assert [entry["message"] for entry in entries if entry.get("fields", {}).get("greeting") == "Hello"]


def test_without_a_folder_it_says_what_to_do(shell: Shell):
    shown = shell.run("run")
    assert shown.code == 3
    assert "there is nothing to run" in shown.err
    assert "what to do: plughost run DIR" in shown.err


def test_a_folder_without_plugins_is_nothing_to_run(shell: Shell):
    shown = shell.run("run", shell.folder)
    assert shown.code == 3
    assert f"there is nothing to run: no plugin is in {shell.folder}" in shown.err
    assert "plugin.toml" in shown.err


def test_a_plugin_with_a_broken_manifest_is_not_counted_as_loaded(shell: Shell):
    (shell.plugin("broken", "") / "plugin.toml").write_text('id = "broken"\nversion = "soon"\n')
    with shell.start("run", shell.folder / "broken", EXAMPLES / "hello", "--data", data(shell)) as running:
        running.until("version: found 'soon'")
        running.until("^1 of 2 loaded$")
        running.signal(signal.SIGTERM)
        assert running.end().code == 0


def test_a_folder_that_is_not_there_is_misuse(shell: Shell):
    shown = shell.run("run", "nowhere")
    assert shown.code == 2
    assert "nowhere" in shown.err


def test_a_second_host_on_the_same_data_is_told_who_has_it(shell: Shell):
    with shell.start("run", EXAMPLES / "hello", "--data", data(shell)) as first:
        first.until("^all loaded$")
        second = shell.run("run", EXAMPLES / "hello", "--data", data(shell))
        assert second.code == 6
        assert "error [already_running]" in second.err
        assert re.search(rf"\b{first.process.pid}\b", second.err)
        first.signal(signal.SIGTERM)
        assert first.end().code == 0


def test_settings_come_from_the_environment_and_the_file(shell: Shell):
    (shell.folder / "plughost.toml").write_text(
        'data = "kept"\n[log]\nlevel = "error"\n[config.hello]\ngreeting = "Moin"\n'
    )
    variables = {"PLUGHOST_PLUGINS": str(EXAMPLES / "hello"), "PLUGHOST_LOG_LEVEL": "info"}
    with shell.start("run", **variables) as running:
        running.until("hello is ready  greeting=Moin")
        running.until("^all loaded$")
        running.signal(signal.SIGTERM)
        assert running.end().code == 0
    assert (shell.folder / "kept").is_dir()


def test_a_plugin_that_does_not_start_is_counted_and_the_others_run(shell: Shell):
    with shell.start("run", VICES / "import-error", EXAMPLES / "hello", "--data", data(shell)) as running:
        running.until("^1 of 2 loaded$")
        running.signal(signal.SIGTERM)
        done = running.end()
    assert done.code == 0
    assert "loading -> error: " in done.err
    assert "invalid syntax" in done.err


@pytest.mark.parametrize("warden", ["auto", "off"])
def test_plugins_run_with_and_without_a_warden(shell: Shell, warden: str):
    with shell.start("run", EXAMPLES / "hello", "--data", data(shell), "--warden", warden) as running:
        [pid] = _pids(running, 1)
        running.until("^all loaded$")
        running.signal(signal.SIGINT)
        assert running.end().code == 130
    assert gone(pid)


def test_without_autoload_plugins_are_found_and_left(shell: Shell):
    with shell.start("run", EXAMPLES / "hello", "--data", data(shell), "--no-autoload") as running:
        running.until("^1 plugin found")
        running.signal(signal.SIGTERM)
        done = running.end()
    assert done.code == 0
    assert "loading" not in done.err


def _pids(running: Running, count: int) -> list[int]:
    return [int(running.until(ACTIVE)[1]) for _ in range(count)]
