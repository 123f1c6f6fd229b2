import json
import os
import re
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import EXAMPLES, VICES, Finished, Shell, gone

PIDS = """
import asyncio
import os
from collections.abc import AsyncIterator

from plugin_sdk import Plugin, method


class Pids(Plugin):
    @method
    async def pids(self) -> AsyncIterator[int]:
        yield os.getpid()
        await asyncio.sleep(600)
"""
ASKS = """
from typing import Any

from plugin_sdk import Plugin, method


class Asks(Plugin):
    @method
    async def ask(self) -> Any:
        return await self.host.plugins.call(plugin="hello", method="greet", params={"name": "Ada"})
"""
LOUD = """
from typing import Any

from plugin_sdk import Plugin, PluginError, method

TEXT = "a\\x1b[31mred\\x9b1m\\u202eb\\x7f\\rc"


class Loud(Plugin):
    @method
    async def text(self) -> str:
        return TEXT

    @method
    async def table(self) -> dict[str, Any]:
        return {TEXT: [TEXT]}

    @method
    async def error(self) -> None:
        raise PluginError(TEXT)
"""
RAW = ("\x1b", "\x9b", "\u202e", "\x7f", "\r")


def hello(shell: Shell, *arguments: str, stdin: str = "") -> Finished:
    return shell.run("call", "--dir", EXAMPLES / "hello", "hello", *arguments, stdin=stdin)


def test_parameters_are_json_and_a_text_is_printed_as_it_reads(shell: Shell):
    shown = hello(shell, "greet", '{"name": "Ada"}')
    assert (shown.code, shown.out, shown.err) == (0, "Hello, Ada\n", "")


def test_parameters_come_from_stdin(shell: Shell):
    assert hello(shell, "greet", "-", stdin='{"name": "Bob"}').out == "Hello, Bob\n"


def test_parameters_come_from_a_file(shell: Shell):
    (shell.folder / "who.json").write_text('{"name": "Eve"}')
    assert hello(shell, "greet", "@who.json").out == "Hello, Eve\n"


def test_a_file_that_is_not_there_is_misuse(shell: Shell):
    shown = hello(shell, "greet", "@nowhere.json")
    assert shown.code == 2
    assert "nowhere.json can't be read" in shown.err


def test_a_result_that_is_no_text_is_indented_json(shell: Shell):
    shown = shell.run("call", "--dir", EXAMPLES / "talker", "talker", "about")
    assert shown.code == 0
    assert len(shown.out.splitlines()) > 3
    assert isinstance(json.loads(shown.out), dict)


def test_as_json_a_result_is_one_line_of_json(shell: Shell):
    shown = shell.run("call", "--dir", EXAMPLES / "talker", "talker", "about", "--json")
    assert shown.out.count("\n") == 1
    assert isinstance(json.loads(shown.out), dict)
    assert hello(shell, "greet", '{"name": "Ada"}', "--json").out == '"Hello, Ada"\n'


def test_a_stream_prints_one_item_a_line(shell: Shell):
    assert hello(shell, "count", '{"upto": 3}').out == "0\n1\n2\n"


def test_a_call_beyond_its_timeout_is_124(shell: Shell):
    folder = VICES / "never-answers"
    shown = shell.run("call", "--dir", folder, "never-answers", "hang", "--timeout", "0.5")
    assert (shown.code, shown.out) == (124, "")
    assert "error [deadline_exceeded]" in shown.err


def test_an_unknown_plugin_is_told_the_near_one(shell: Shell):
    shown = shell.run("call", "--dir", EXAMPLES, "helo", "greet")
    assert shown.code == 4
    assert "error [plugin_not_found]: there is no plugin 'helo'; did you mean hello?" in shown.err


def test_an_unknown_method_is_told_the_near_one(shell: Shell):
    shown = hello(shell, "gret")
    assert shown.code == 4
    assert "plugin 'hello' has no method 'gret'; did you mean greet?" in shown.err
    far = hello(shell, "xyzzy")
    assert far.code == 4
    assert "has no method 'xyzzy'" in far.err
    assert re.search("what to do: call one that it has: .*greet", far.err), far.err


@pytest.mark.parametrize(
    ("params", "named"),
    [("{}", "parameter 'name'"), ('{"name": 1}', "parameter 'name'"), ('{"nam": "x"}', "parameter 'nam'")],
)
def test_a_parameter_that_does_not_fit_is_named(shell: Shell, params: str, named: str):
    shown = hello(shell, "greet", params)
    assert (shown.code, shown.out) == (2, "")
    assert named in shown.err


def test_parameters_that_are_not_json_are_misuse(shell: Shell):
    shown = hello(shell, "greet", "{name: Ada}")
    assert shown.code == 2
    assert "not JSON" in shown.err


@pytest.mark.parametrize("params", ['["Ada"]', '"Ada"', "null"])
def test_parameters_that_are_no_object_are_misuse(shell: Shell, params: str):
    shown = hello(shell, "greet", params)
    assert shown.code == 2
    assert 'must be a JSON object such as {"name": "Ada"}' in shown.err


def test_a_plugins_own_error_is_1(shell: Shell):
    shown = shell.run("call", "--dir", EXAMPLES / "greedy", "greedy", "grab", '{"megabytes": 9999}')
    assert shown.code == 1
    assert "error [plugin_error]: no more than 400 MiB in all" in shown.err


def test_a_plugin_that_dies_is_1_and_its_end_is_told(shell: Shell):
    shown = shell.run("call", "--dir", EXAMPLES / "crasher", "crasher", "crash")
    assert shown.code == 1
    assert "error [plugin_died]: plugin 'crasher' exited with code 7" in shown.err
    assert "last call crash" in shown.err


def test_a_plugin_that_does_not_start_is_1_with_the_reason(shell: Shell):
    shown = shell.run("call", "--dir", VICES / "import-error", "import-error", "answer")
    assert shown.code == 1
    assert "error [load_" in shown.err
    assert "invalid syntax" in shown.err


def test_without_a_folder_it_says_what_to_do(shell: Shell):
    shown = shell.run("call", "hello", "greet")
    assert shown.code == 6
    assert "error [no_host]" in shown.err
    assert "or have a plugin started for the call: --dir DIR" in shown.err


def test_errors_are_json_too(shell: Shell):
    shown = shell.run("call", "--json", "--dir", EXAMPLES, "helo", "greet")
    assert shown.code == 4
    error = json.loads(shown.err)["error"]
    assert (error["code"], error["plugin"]) == ("plugin_not_found", "helo")
    assert "hello" in error["near"]


def test_a_plugin_with_a_broken_manifest_shows_its_faults(shell: Shell):
    (shell.plugin("broken", "") / "plugin.toml").write_text('id = "broken"\nversion = "soon"\n')
    shown = shell.run("call", "--dir", shell.folder, "broken", "greet")
    assert shown.code == 3
    said = shown.err[shown.err.index("error [invalid_manifest]") :]
    assert "plugin.toml: version: found 'soon'" in said
    assert "plughost validate" in said


def test_a_call_that_a_plugin_may_not_make_is_5(shell: Shell):
    shell.plugin("asks", ASKS)
    shown = shell.run("call", "--dir", shell.folder, "--dir", EXAMPLES / "hello", "asks", "ask")
    assert shown.code == 5
    assert "error [denied]" in shown.err
    assert "plugins:call" in shown.err


def test_control_characters_of_a_plugin_are_written_out(shell: Shell):
    shell.plugin("loud", LOUD)
    for method, options in (("text", ()), ("table", ()), ("text", ("--json",)), ("table", ("--json",))):
        shown = shell.run("call", "--dir", shell.folder, "loud", method, *options)
        assert shown.code == 0
        assert not [raw for raw in RAW if raw in shown.out]
        assert "31mred" in shown.out
    value = json.loads(shell.run("call", "--dir", shell.folder, "loud", "text", "--json").out)
    assert value == "a\x1b[31mred\x9b1m\u202eb\x7f\rc"


def test_control_characters_of_a_plugins_error_are_written_out(shell: Shell):
    shell.plugin("loud", LOUD)
    for options in ((), ("--json",)):
        shown = shell.run("call", "--dir", shell.folder, "loud", "error", *options)
        assert shown.code == 1
        assert not [raw for raw in RAW if raw in shown.err]
        assert "31mred" in shown.err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_call_is_130_and_leaves_no_process(shell: Shell, number: signal.Signals):
    folder = shell.plugin("pids", PIDS)
    with shell.start("call", "--dir", folder, "pids", "pids") as running:
        pid = int(running.item())
        assert not gone(pid)
        running.signal(number)
        done = running.end()
    assert done.code == 130
    assert "Traceback" not in done.err
    assert gone(pid)


def test_a_call_leaves_no_trace_in_the_users_folders(shell: Shell):
    assert hello(shell, "greet", '{"name": "Ada"}').code == 0
    assert _files(shell.folder) == []


def _files(folder: Path) -> list[str]:
    return [str(Path(place) / name) for place, _, names in os.walk(folder) for name in names]


def test_a_package_with_a_manifest_py_runs_the_class_of_its_init(shell: Shell):
    folder = shell.folder / "my_plugin"
    folder.mkdir()
    (folder / "manifest.py").write_text('MANIFEST = {"name": "my_plugin", "version": "1.0.0"}\n')
    (folder / "ui.yaml").write_text("sections:\n  - slot: drawer\n    title: Hello\n")
    (folder / "__init__.py").write_text(
        "from plugin_sdk import Plugin, method\n\nfrom .words import HI\n\n\n"
        "class Mine(Plugin):\n    @method\n    async def hi(self) -> str:\n        return HI\n"
    )
    (folder / "words.py").write_text("HI = 'hi'\n")
    shown = shell.run("call", "--dir", folder, "my_plugin", "hi")
    assert (shown.code, shown.out) == (0, "hi\n"), shown.err
