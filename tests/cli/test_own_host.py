"""`plughost call` and `commands` with a host of their own: on the data folder that is named, or on none."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Finished, Shell

KEEPER = """
from typing import Any

from plugin_sdk import Plugin, command, method


class Keeper(Plugin):
    @method
    async def keep(self, value: str) -> Any:
        await self.storage.set("kept", value)

    @command
    async def kept(self) -> Any:
        return [await self.storage.get("kept"), self.config["mode"]]

    @method
    async def tell(self) -> Any:
        await self.events.emit("told.once", {})
"""
MANIFEST = """
permissions = ["events:emit:told.*"]

[config_schema]
mode = { type = "string", default = "slow" }
"""
CALL = ("call", "--dir", "keeper", "keeper")
KEPT = ("commands", "--dir", "keeper", "--json")


@pytest.fixture
def keeper(shell: Shell) -> Shell:
    shell.plugin("keeper", KEEPER, MANIFEST)
    return shell


def kept(shell: Shell, *more: str) -> list[str | None]:
    done = shell.run(*KEPT, *more, "run", "kept")
    assert done.code == 0, done.err
    return json.loads(done.out)


def done(one: Finished) -> None:
    assert one.code == 0, one.err


def test_with_a_data_folder_what_is_kept_configured_and_permitted_there_counts(keeper: Shell) -> None:
    data = ("--data", "data")
    done(keeper.run(*CALL, "keep", '{"value": "x"}', *data))
    done(keeper.run("config", "set", "keeper", "mode=fast", "--dir", "keeper", *data))
    assert kept(keeper, *data) == ["x", "fast"]
    done(keeper.run(*CALL, "tell", *data))
    done(keeper.run("perms", "revoke", "keeper", "events:emit:told.*", "--dir", "keeper", *data))
    refused = keeper.run(*CALL, "tell", *data)
    assert (refused.code, "error [denied]" in refused.err) == (5, True), refused.err


def test_without_one_nothing_is_kept(keeper: Shell) -> None:
    done(keeper.run(*CALL, "keep", '{"value": "x"}'))
    assert kept(keeper) == [None, "slow"]
    assert not list(Path(keeper.folder / "keeper").rglob("storage.db"))


@pytest.mark.parametrize("words", [(*CALL, "tell"), KEPT])
def test_where_a_host_runs_it_is_to_be_asked_itself(keeper: Shell, words: tuple[str, ...]) -> None:
    with keeper.start("run", "keeper", "--data", "data") as host:
        host.until("all loaded")
        refused = keeper.run(*words, "--data", "data")
        assert (refused.code, refused.out) == (6, "")
        assert "already_running" in refused.err
        assert "leave --dir out" in refused.err


@pytest.mark.parametrize("words", [(*CALL, "tell"), KEPT])
def test_a_host_that_runs_and_one_that_is_started_are_not_both_meant(
    keeper: Shell, words: tuple[str, ...]
) -> None:
    refused = keeper.run(*words, "--socket", "control.sock")
    assert (refused.code, refused.out) == (2, "")
    assert "leave one of them out" in refused.err


def test_a_data_folder_for_tests_without_a_running_host_is_misuse(keeper: Shell) -> None:
    refused = keeper.run("test", "keeper", "--mode", "process", "--data", "data")
    assert (refused.code, refused.out) == (2, "")
    assert "--mode live" in refused.err
