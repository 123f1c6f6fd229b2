"""What is asked for at a real terminal: configuration key by key, and the parameters of a command."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Shell

SCHEMA = """
[config_schema.properties.mode]
enum = ["slow", "fast"]
default = "slow"
description = "How it works."
[config_schema.properties.port]
type = "integer"
minimum = 1
maximum = 65535
[config_schema.properties.verbose]
type = "boolean"
[config_schema.properties.names]
type = "array"
items = { type = "string" }
[config_schema.properties.server]
type = "object"
required = ["host"]
[config_schema.properties.server.properties.host]
type = "string"
title = "Name of the server\\u001b[31m"
[config_schema.properties.server.properties.token]
type = "string"
writeOnly = true
"""


@pytest.fixture
def options(shell: Shell) -> tuple[str, ...]:
    folder = shell.plugin("one", "from plugin_sdk import Plugin\n\nclass One(Plugin): ...\n", SCHEMA)
    return ("--dir", str(folder), "--data", str(shell.folder / "data"))


def values(shell: Shell, options: tuple[str, ...]) -> dict[str, Any]:
    return json.loads(shell.run("config", "get", *options, "one", "--json").out)


def test_every_setting_is_asked_for_until_it_fits(shell: Shell, options: tuple[str, ...]):
    done = shell.at_terminal(
        *("config", "ask", *options, "one"),
        answers=[
            ("mode [slow]: ", "medium"),
            ('found \'medium\'; one of "slow", "fast"', "fast"),
            ("port: ", "many"),
            ("found 'many'; allowed: a whole number", "70000"),
            ("allowed: at most 65535", "8080"),
            ("verbose: ", "perhaps"),
            ("allowed: yes or no", "y"),
            ("names: ", "ada, bob"),
            ("server.host: ", ""),
            ("it is needed", "example.org"),
            ("server.token: ", "canary-secret"),
        ],
    )
    assert done.code == 0, done.out
    assert "How it works." in done.out
    assert "Name of the server" in done.out
    assert "\x1b[31m" not in done.out
    assert "canary" not in done.out
    assert values(shell, options) == {
        "mode": "fast",
        "port": 8080,
        "verbose": True,
        "names": ["ada", "bob"],
        "server": {"host": "example.org", "token": "•••"},
    }


def test_what_is_typed_for_a_secret_is_not_shown_where_it_does_not_fit(shell: Shell):
    schema = '[config_schema.properties.pin]\ntype = "integer"\nwriteOnly = true\n'
    folder = shell.plugin("pinned", "from plugin_sdk import Plugin\n\nclass One(Plugin): ...\n", schema)
    options = ("--dir", str(folder), "--data", str(shell.folder / "data"))
    done = shell.at_terminal(
        "config", "ask", *options, "pinned", answers=[("pin: ", "hunter2secret"), ("pin: ", "4711")]
    )
    assert done.code == 0, done.out
    assert "hunter2" not in done.out
    assert "4711" not in done.out


def test_nothing_typed_leaves_a_value_as_it_is(shell: Shell, options: tuple[str, ...]):
    shell.run("config", "set", *options, "one", "port=25")
    done = shell.at_terminal("config", "ask", *options, "one", "port", answers=[("port [25]: ", "")])
    assert (done.code, done.out.splitlines()[-1]) == (0, "nothing changed")
    done = shell.at_terminal("config", "ask", *options, "one", "port", answers=[("port [25]: ", "26")])
    assert "port: 25 -> 26" in done.out
    assert values(shell, options)["port"] == 26


def test_a_key_alone_is_asked_for_and_others_are_not(shell: Shell, options: tuple[str, ...]):
    words = ("config", "set", *options, "one", "mode", "port=7")
    done = shell.at_terminal(*words, answers=[("mode [slow]: ", "fast")])
    assert done.code == 0, done.out
    assert values(shell, options) == {"mode": "fast", "port": 7}
    unknown = shell.at_terminal("config", "set", *options, "one", "colour")
    assert unknown.code == 2
    assert "Only what the schema describes is asked for" in unknown.out


def test_a_setting_that_is_not_there_is_named(shell: Shell, options: tuple[str, ...]):
    done = shell.at_terminal("config", "ask", *options, "one", "colour")
    assert done.code != 0
    assert "there is no setting 'colour'" in done.out


def test_whoever_goes_away_changes_nothing(shell: Shell, options: tuple[str, ...]):
    done = shell.at_terminal("config", "ask", *options, "one", "port", answers=[("port: ", "\x04")])
    assert done.code == 130
    assert values(shell, options) == {"mode": "slow"}


def test_without_a_terminal_nobody_is_asked(shell: Shell, options: tuple[str, ...]):
    done = shell.run("config", "ask", *options, "one")
    assert done.code == 2
    assert "mode: there is no terminal to ask at; give it as KEY=VALUE or KEY=@FILE" in done.err


COMMANDS = """
from plugin_sdk import Plugin, command


class Moves(Plugin):
    @command("move")
    async def move(self, to: str, count: int, fast: bool = False) -> str:
        return f"{count} to {to}{' fast' if fast else ''}"
"""


def test_a_command_asks_for_what_it_must_be_given(shell: Shell):
    folder: Path = shell.plugin("moves", COMMANDS)
    words = ("commands", "--dir", str(folder), "run", "move", "to=attic")
    done = shell.at_terminal(*words, answers=[("count: ", "x"), ("count: ", "3")])
    assert (done.code, done.out.splitlines()[-1]) == (0, "3 to attic")
    refused = shell.run(*words)
    assert refused.code != 0
    assert "count" in refused.err
