import json
import sqlite3
from pathlib import Path

import anyio
import pytest

from host import PluginHost
from tests.cli.conftest import Finished, Shell


async def fill(folder: Path) -> None:
    async with PluginHost(data=folder) as host:
        await host.storage.set("keeper", "user:ada", {"online": True}, ttl_s=3600)
        await host.storage.set("keeper", "user:bob", "\x1b[31mred")
        await host.storage.set("keeper", "visits", 7)
        await host.storage.set("other", "k", None)


@pytest.fixture
def kept(shell: Shell) -> Shell:
    """A data folder in which two plugins have kept something."""
    anyio.run(fill, shell.folder / "data")
    return shell


def storage(shell: Shell, *arguments: str) -> Finished:
    return shell.run("storage", *arguments, "--data", "data")


def test_who_keeps_how_much_is_listed(kept: Shell):
    shown = storage(kept, "list")
    assert (shown.code, shown.err) == (0, "")
    assert [line.split() for line in shown.out.splitlines()] == [
        ["PLUGIN", "KEYS", "BYTES"],
        ["keeper", "3", "53"],
        ["other", "1", "5"],
    ]
    assert json.loads(storage(kept, "list", "--json").out)["other"] == {"keys": 1, "bytes": 5}


def test_keys_are_listed_with_what_they_cost_and_when_they_end(kept: Shell):
    head, ada, bob = storage(kept, "keys", "keeper", "user:").out.splitlines()
    assert head.split() == ["KEY", "BYTES", "VERSION", "UNTIL"]
    assert ada.split()[:3] == ["user:ada", "23", "1"]
    assert ada.endswith("Z")
    assert bob.split() == ["user:bob", "23", "1"]
    listed = json.loads(storage(kept, "keys", "keeper", "--json").out)
    assert [one["key"] for one in listed] == ["user:ada", "user:bob", "visits"]


def test_a_value_is_printed_and_no_escape_sequence_of_it(kept: Shell):
    assert storage(kept, "get", "keeper", "visits").out == "7\n"
    assert json.loads(storage(kept, "get", "keeper", "user:ada").out) == {"online": True}
    red = storage(kept, "get", "keeper", "user:bob")
    assert red.code == 0
    assert "\x1b" not in red.out
    assert json.loads(storage(kept, "get", "keeper", "user:bob", "--json").out) == "\x1b[31mred"
    assert storage(kept, "get", "other", "k", "--json").out == "null\n"


def test_what_is_not_there_is_told_and_nothing_is_made(shell: Shell):
    assert storage(shell, "list").out.splitlines() == ["PLUGIN  KEYS  BYTES"]
    missing = storage(shell, "get", "keeper", "gone")
    assert missing.code == 4
    assert missing.err.splitlines() == [
        f"{shell.folder}/data is not there yet: no host has run on it; is --data right?",
        'plugin "keeper" keeps nothing under "gone"',
    ]
    assert not (shell.folder / "data").exists()


async def test_while_a_host_runs_it_says_who_holds_the_folder(kept: Shell):
    async with PluginHost(data=kept.folder / "data"):
        shown = storage(kept, "keys", "keeper")
    assert shown.code == 6
    assert "already_running" in shown.err
    assert "holds the data folder" in shown.err


def test_a_file_of_a_newer_release_is_refused(kept: Shell):
    path: Path = kept.folder / "data" / "storage.db"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    shown = storage(kept, "list")
    assert shown.code == 1
    assert "version 99" in shown.err
    assert "what to do: install the release that wrote it" in shown.err
