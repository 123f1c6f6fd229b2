"""`plughost why`, the installed command, with and without a host."""

import json
import signal
from pathlib import Path

from tests.cli.conftest import EXAMPLES, VICES, Shell

STOPPER = """
from plugin_sdk import Plugin

class Stopper(Plugin): ...
"""


def crashed(shell: Shell) -> Path:
    """Let a plugin fail to start in a host with a data folder; return the folder."""
    data = shell.folder / "data"
    with shell.start("run", VICES / "exits-in-on-load", "--data", data) as host:
        host.until("-> backoff")
        host.signal(signal.SIGTERM)
        host.end()
    return data


def test_it_tells_what_led_to_the_last_state_without_a_host(shell: Shell) -> None:
    data = crashed(shell)
    told = shell.run("why", "exits-in-on-load", "--data", data)
    assert told.code == 0, told.err
    assert "exits-in-on-load 1.0.0 is not running since" in told.out
    assert "exited with code" in told.out
    assert "docs/recorder.md#" in told.out
    assert str(data / "logs" / "exits-in-on-load.log") in told.out


def test_it_prints_json(shell: Shell) -> None:
    data = crashed(shell)
    told = json.loads(shell.run("why", "exits-in-on-load", "--data", data, "--json").out)
    assert (told["plugin"], told["state"]) == ("exits-in-on-load", "discovered")
    assert told["sentences"]
    assert told["cause"]


def test_it_works_while_a_host_runs_and_tells_of_one_that_was_killed(shell: Shell) -> None:
    data = shell.folder / "data"
    with shell.start("run", EXAMPLES / "hello", "--data", data) as host:
        host.until("all loaded")
        running = shell.run("why", "hello", "--data", data)
        host.signal(signal.SIGKILL)
        host.end()
    assert "hello" in running.out
    assert "ended without a word" not in running.out
    killed = shell.run("why", "hello", "--data", data)
    assert "was active when its host ended without a word" in killed.out
    assert "start the host again" in killed.out


def test_an_unknown_name_proposes_near_ones(shell: Shell) -> None:
    data = crashed(shell)
    told = shell.run("why", "exits-in-onload", "--data", data)
    assert told.code == 4
    assert "did you mean exits-in-on-load?" in told.err
    assert shell.run("why", "../../etc", "--data", data).code == 4


def test_a_plugin_of_which_nothing_is_recorded_is_said_to_have_none(shell: Shell) -> None:
    folder = shell.plugin("stopper", STOPPER)
    told = shell.run("why", "stopper", "--data", shell.folder / "data", "--dir", folder)
    assert told.code == 0
    assert "Nothing is recorded of stopper" in told.out


def test_a_broken_manifest_is_the_answer_where_there_is_one(shell: Shell) -> None:
    folder = shell.plugin("stopper", STOPPER)
    (folder / "plugin.toml").write_text("id = 7\n")
    told = shell.run("why", "stopper", "--data", shell.folder / "data", "--dir", folder)
    assert told.code == 3
    assert "invalid_manifest" in told.err
