"""Every command that prints rows: for people, as JSON, as JSON a line each, and those that a filter takes."""

import json

import pytest

from tests.cli.conftest import EXAMPLES, Shell
from tests.cli.test_attached import host

LISTINGS = (
    ("ps",),
    ("problems",),
    ("events", "lag"),
    ("events", "dead"),
    ("storage", "list"),
    ("storage", "keys", "hello"),
    ("perms", "list"),
    ("config", "get", "hello"),
    ("config", "explain", "hello"),
    ("config", "history", "hello"),
    ("commands",),
    ("doctor",),
)

SAID_WHEN_EMPTY: dict[tuple[str, ...], str] = {("storage", "keys", "hello"): 'plugin "hello" keeps nothing\n'}
"""What people are told beside a table with no row in it."""

KEEPS = """
from plugin_sdk import Plugin


class Keeps(Plugin):
    async def on_load(self) -> None:
        await self.storage.set("small", 1)
        await self.storage.set("large", "x" * 2000)
"""


def rows(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.parametrize("words", LISTINGS, ids=" ".join)
def test_every_listing_is_there_for_people_and_for_programs(shell: Shell, words: tuple[str, ...]):
    with host(shell, "hello"):
        shell.run("config", "set", "hello", "greeting=Moin", "--data", "data")
        shown, whole, lines = (
            shell.run(*words, "--data", "data", *more) for more in ((), ("--json",), ("--jsonl",))
        )
        assert whole.err == lines.err == ""
        assert shown.err == SAID_WHEN_EMPTY.get(words, "")
        assert shown.code == whole.code == lines.code
        assert json.loads(whole.out) is not None
        assert all(isinstance(row, dict) for row in rows(lines.out))
        nothing = shell.run(*words, "--data", "data", "--jsonl", "--filter", "/no such row/")
        assert (nothing.code, nothing.out, nothing.err) == (0, "", "")


def test_a_filter_names_the_fields_of_the_rows(shell: Shell):
    with host(shell, "hello", "streamer"):

        def shown(*words: str) -> list[dict[str, object]]:
            done = shell.run(*words, "--data", "data", "--jsonl")
            assert done.code == 0, done.err
            return rows(done.out)

        shell.run("perms", "grant", "hello", "mail:send", "--data", "data")
        shell.run("perms", "revoke", "streamer", "mail:send", "--data", "data")
        assert shown("perms", "list", "--filter", "permission:mail:* state:granted") == [
            {"plugin": "hello", "permission": "mail:send", "state": "granted"}
        ]
        one = json.loads(
            shell.run("perms", "list", "--data", "data", "--json", "--filter", "state:refused").out
        )
        assert [(view["plugin"], view["refused"]) for view in one] == [("streamer", ["mail:send"])]
        shell.run("config", "set", "hello", "greeting=Moin", "--data", "data")
        [changed] = shown("config", "history", "hello", "--filter", "key:greeting revision>=1")
        assert changed["new"] == "Moin"
        assert [row["key"] for row in shown("config", "explain", "hello", "--filter", "origin:set")] == [
            "greeting"
        ]
        assert shown("doctor", "--filter", "name:Python")[0]["verdict"] == "ok"


def test_a_filter_that_cannot_be_read_is_shown_with_its_fields(shell: Shell):
    with host(shell, "hello"):
        done = shell.run("perms", "list", "--data", "data", "--filter", "x pluging:hello")
    assert done.code == 2
    assert "  x pluging:hello\n    ^" in done.err
    assert "did you mean plugin" in done.err
    assert "allowed: permission, plugin, state" in done.err


def test_storage_is_filtered_by_size_also_without_a_host(shell: Shell):
    with host(shell, str(shell.plugin("keeps", KEEPS))):
        beside = rows(shell.run("storage", "list", "--data", "data", "--jsonl").out)
        assert [(row["plugin"], row["keys"]) for row in beside] == [("keeps", 2)]
        [key] = rows(
            shell.run(
                "storage", "keys", "keeps", "--data", "data", "--jsonl", "--filter", "size_bytes>1K"
            ).out
        )
        assert key["key"] == "large"
    assert (
        rows(shell.run("storage", "list", "--data", "data", "--jsonl", "--filter", "bytes>1K").out) == beside
    )
    assert shell.run("storage", "list", "--data", "data", "--json", "--filter", "bytes>1G").out == "{}\n"


@pytest.mark.parametrize("words", [("config", "host"), ("commands", "--dir", str(EXAMPLES / "hello"))])
def test_listings_without_a_host_have_the_same_options(shell: Shell, words: tuple[str, ...]):
    whole = json.loads(shell.run(*words, "--json").out)
    assert rows(shell.run(*words, "--jsonl").out) == whole
    assert shell.run(*words, "--json", "--filter", "/no such row/").out == "[]\n"


def test_verbs_print_a_line_for_each_under_both_names(shell: Shell):
    with host(shell, "hello"):
        for option in ("--json", "--jsonl"):
            assert rows(shell.run("restart", "hello", "--data", "data", option).out)[0]["id"] == "hello"
