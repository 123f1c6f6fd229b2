import json

import pytest

from tests.cli.conftest import Shell

GITHUB = """
from plugin_sdk import Plugin, PluginError, command


class Github(Plugin):
    @command(description="Sync templates")
    async def sync(self, repo: str, depth: int = 1, tags: list[str] = [], deep: bool | None = None) -> dict:
        return {"repo": repo, "depth": depth, "tags": tags, "deep": deep}

    @command
    async def fail(self) -> None:
        raise PluginError("the token is wrong")

    @command
    async def anything(self, args):
        return args
"""


@pytest.fixture
def github(shell: Shell) -> Shell:
    shell.plugin("github", GITHUB)
    return shell


def test_the_commands_are_listed_with_their_parameters(github: Shell) -> None:
    done = github.run("commands", "--dir", ".")
    assert done.code == 0, done.err
    head, *rows = done.out.splitlines()
    assert head.split() == ["COMMAND", "PLUGIN", "PARAMETERS", "DESCRIPTION"]
    assert rows[-1].split() == ["sync", "github", "repo", "[depth]", "[tags]", "[deep]", "Sync", "templates"]
    done = github.run("commands", "--dir", ".", "--json")
    assert {one["name"] for one in json.loads(done.out)} == {"anything", "fail", "sync"}


def test_words_are_read_as_the_command_says_that_they_are(github: Shell) -> None:
    words = ["repo=7", "depth=3", 'tags=["a"]', "deep=true"]
    done = github.run("commands", "--dir", ".", "run", "sync", *words, "--json")
    assert done.code == 0, done.err
    assert json.loads(done.out) == {"repo": "7", "depth": 3, "tags": ["a"], "deep": True}
    done = github.run("commands", "--dir", ".", "--json", "run", "github:sync", '{"repo": "x"}')
    assert json.loads(done.out) == {"repo": "x", "depth": 1, "tags": [], "deep": None}
    done = github.run("commands", "--dir", ".", "--json", "run", "sync", "-", stdin='{"repo": "y"}')
    assert json.loads(done.out)["repo"] == "y"
    done = github.run("commands", "--dir", ".", "--json", "run", "anything", "a=1", "b=x")
    assert json.loads(done.out) == {"a": 1, "b": "x"}


@pytest.mark.parametrize(
    ("words", "code", "named"),
    [
        (["run", "synk"], 4, "did you mean sync"),
        (["run", "sync"], 2, "'repo' is required"),
        (["run", "sync", "repo"], 2, "must be KEY=VALUE"),
        (["run", "sync", "repo=a", "repo=b"], 2, "given twice"),
        (["run", "sync", "repo=a", "depth=deep"], 2, "allowed: integer"),
        (["run", "other:sync"], 4, "no plugin 'other'"),
        (["run", "fail"], 1, "the token is wrong"),
    ],
)
def test_what_is_wrong_is_said_with_its_exit_code(
    github: Shell, words: list[str], code: int, named: str
) -> None:
    done = github.run("commands", "--dir", ".", *words)
    assert done.code == code, done.err
    assert named in done.err
    assert done.out == ""


def test_a_plugin_that_does_not_start_is_told_and_the_others_are_listed(github: Shell) -> None:
    github.plugin("broken", "raise RuntimeError('no')")
    done = github.run("commands", "--dir", ".")
    assert "broken:" in done.err
    assert "sync" in done.out


def test_without_a_folder_there_is_no_host(shell: Shell) -> None:
    done = shell.run("commands")
    assert done.code == 6
    assert "name the plugin's folder: --dir DIR" in done.err
