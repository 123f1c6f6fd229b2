"""Configuration through real plugin processes."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.lowlevel
import anyio.to_thread
import pytest

from host import (
    ConfigurationRefused,
    Conflict,
    DiskFull,
    InvalidConfiguration,
    InvalidParams,
    PluginError,
    PluginHost,
)
from host.masking import MASK
from host.state import config_file

Write = Callable[..., Path]


PLAIN = """
import json, sys

config = {}
for line in sys.stdin:
    request = json.loads(line)
    method = request.get("method")
    if method == "plugin.load":
        config = request["params"]["config"]
    results = {"plugin.initialize": {"protocol_version": 1}, "config": config}
    answer = {"result": results.get(method, {})}
    if method == "plugin.configure":
        answer = {"error": {"code": -32601, "message": "no such method"}}
    if "id" in request:
        print(json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer}), flush=True)
"""


async def test_a_change_reaches_the_running_plugin_and_outlives_the_host(
    host: PluginHost, plugins: Path, tmp_path: Path
) -> None:
    assert await host.call("one", "seen") == {"mode": "slow", "deep": {"size": 1.5}, "name": "file"}
    changed = await host.configuration.set("one", {"mode": "fast", "deep": {"tags": ["a"]}}, by="ada")
    assert (changed.revision, changed.applied) == (1, "live")
    seen = {"mode": "fast", "deep": {"size": 1.5, "tags": ["a"]}, "name": "file"}
    assert await host.call("one", "seen") == seen

    await host.aclose()
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as again:
        assert await again.call("one", "seen") == {key: seen[key] for key in ("mode", "deep")}


async def test_a_plugin_may_refuse_with_a_reason_and_nothing_is_saved(host: PluginHost) -> None:
    with pytest.raises(ConfigurationRefused, match="odd is not for me"):
        await host.configuration.set("one", {"mode": "odd"})
    assert host.configuration.revision("one") == 0
    assert (await host.call("one", "seen"))["mode"] == "slow"


async def test_what_needs_a_restart_restarts_the_plugin(host: PluginHost) -> None:
    pid = await host.call("one", "pid")
    assert (await host.configuration.set("one", {"port": 80})).applied == "restart"
    second = await host.call("one", "pid")
    assert second != pid
    assert (await host.call("one", "seen"))["port"] == 80
    assert (await host.configuration.set("one", {"name": "later"})).applied == "restart"
    assert await host.call("one", "pid") != second
    assert (await host.call("one", "seen"))["name"] == "later"


async def test_of_a_plugin_that_does_not_run_a_change_is_used_at_the_next_start(host: PluginHost) -> None:
    await host.unload("one")
    assert (await host.configuration.set("one", {"mode": "fast"})).applied == "next_start"
    await host.load("one")
    assert (await host.call("one", "seen"))["mode"] == "fast"


async def test_a_dotted_key_leads_into_a_table_and_is_checked_and_masked_there(
    plugins: Path, write_plugin: Write
) -> None:
    schema = """
[config_schema]
type = "object"
[config_schema.properties.deep]
properties.pw = { type = "string", writeOnly = true }
properties.size = { type = "integer" }
[config_schema.properties."very.key"]
type = "integer"
[config_schema.patternProperties."[.]org$"]
type = "string"
"""
    write_plugin("two", "class Two(Plugin): ...\n", schema)
    async with PluginHost([plugins]) as host:
        configuration = host.configuration
        await configuration.set("two", {"deep.pw": "hidden-one", "deep": {"size": 1}, "very.key": 2})
        await configuration.change("two", {"example.org": "as it is"})
        assert configuration.get("two") == {
            "deep": {"pw": MASK, "size": 1},
            "very.key": 2,
            "example.org": "as it is",
        }
        told = {one.key: one.value for one in configuration.explain("two")}
        assert told["deep.pw"] == MASK
        await configuration.unset("two", "very.key", "deep.size")
        assert configuration.get("two") == {"deep": {"pw": MASK}, "example.org": "as it is"}
        with pytest.raises(InvalidConfiguration) as refused:
            await configuration.set("two", {"deep.size": "big"})
        assert [fault.path for fault in refused.value.faults] == ["deep.size"]


async def test_history_tells_who_changed_what_and_changes_can_be_undone(host: PluginHost) -> None:
    configuration = host.configuration
    await configuration.set("one", {"mode": "fast", "token": "a-secret-one"}, by="ada")
    await configuration.set("one", {"token": "a-secret-two"}, by="bob")
    await configuration.unset("one", "mode")
    last, second, first = await configuration.history("one")
    assert [(one.revision, one.who) for one in (first, second, last)] == [(1, "ada"), (2, "bob"), (3, "host")]
    assert [(c.key, c.old, c.new) for c in first.changes] == [
        ("mode", None, "fast"),
        ("token", None, "•••"),
    ]
    assert [(c.key, c.old, c.new) for c in second.changes] == [("token", "•••", "•••")]
    assert [(c.key, c.old, c.new) for c in last.changes] == [("mode", "fast", None)]
    await configuration.undo("one")
    assert (await host.call("one", "seen"))["mode"] == "fast"
    await configuration.restore("one", 1)
    assert (await host.call("one", "seen"))["token"] == "a-secret-one"
    await configuration.restore("one", 0)
    assert "token" not in await host.call("one", "seen")
    assert configuration.revision("one") == 6
    with pytest.raises(InvalidParams, match="no revision 99"):
        await configuration.restore("one", 99)


async def test_only_the_change_that_was_seen_is_taken_back(host: PluginHost) -> None:
    facade = host.facade
    with pytest.raises(InvalidParams, match="was ever set"):
        await facade.config_undo("one", 0)
    await facade.config_set("one", {"mode": "fast"})
    await host.configuration.set("one", {"token": "a-secret"})
    for seen in (0, 1):
        with pytest.raises(Conflict, match=f"has revision 2, not {seen}"):
            await facade.config_undo("one", seen)
    done = await facade.config_undo("one", 2)
    assert (done.revision, [one.key for one in done.changes]) == (3, ["token"])
    assert host.configuration.get("one")["mode"] == "fast"


async def test_of_two_editors_the_later_one_is_told(host: PluginHost) -> None:
    await host.configuration.set("one", {"mode": "fast"}, expected_revision=0)
    with pytest.raises(Conflict, match="revision 1, not 0"):
        await host.configuration.set("one", {"mode": "slow"}, expected_revision=0)
    assert (await host.configuration.set("one", {"mode": "fast"})).applied == "unchanged"


async def test_a_masked_secret_that_comes_back_from_a_form_leaves_it_as_it_is(host: PluginHost) -> None:
    await host.configuration.set("one", {"token": "very-secret"})
    shown = host.configuration.get("one")
    assert shown["token"] == "•••"
    await host.configuration.replace("one", shown | {"mode": "fast"})
    seen = await host.call("one", "seen")
    assert (seen["token"], seen["mode"]) == ("very-secret", "fast")


SERVERS = """
[config_schema.properties.servers]
type = "array"
[config_schema.properties.servers.items.properties.token]
type = "string"
writeOnly = true
"""


async def test_a_masked_secret_within_a_list_is_kept_with_the_list_and_never_saved_in_its_place(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("two", "class Two(Plugin): ...", SERVERS)
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        configuration = host.configuration
        servers = [{"token": "very-secret", "name": "a"}, {"token": "other-secret", "name": "b"}]
        await configuration.set("two", {"servers": servers})
        shown = configuration.get("two")["servers"]
        assert [one["token"] for one in shown] == ["•••", "•••"]
        await configuration.set("two", {"servers": shown, "more": 1})
        assert configuration.current("two") == {"servers": servers, "more": 1}
        for odd in (shown[:1], [*reversed(shown)], [shown[0] | {"name": "c"}, shown[1]]):
            with pytest.raises(InvalidParams, match="servers: found •••"):
                await configuration.set("two", {"servers": odd})
            with pytest.raises(InvalidParams, match="servers: found •••"):
                configuration.preview("two", {"servers": odd})
        assert configuration.current("two")["servers"] == servers
        await configuration.set("two", {"servers": servers[1:]})
        assert configuration.current("two")["servers"] == servers[1:]


async def test_a_plugin_changes_its_own_configuration_under_the_same_rules(host: PluginHost) -> None:
    answer = await host.call("one", "change", {"changes": {"mode": "fast"}, "revision": 0})
    assert answer == {"revision": 1, "applied": "live"}
    assert (await host.call("one", "seen"))["mode"] == "fast"
    assert (await host.configuration.history("one"))[0].who == "plugin one"
    with pytest.raises(PluginError, match="has 2 faults"):
        await host.call("one", "change", {"changes": {"mode": 7}, "revision": 1})
    with pytest.raises(PluginError, match=r"await self\.config\.set"):
        await host.call("one", "write")


async def test_a_plugin_that_sets_what_needs_a_restart_is_answered_and_then_restarted(
    host: PluginHost,
) -> None:
    before = host.plugin("one").session
    with host.changes() as changes, anyio.fail_after(20):
        answer = await host.call("one", "change", {"changes": {"port": 81}})
        assert answer == {"revision": 1, "applied": "restart"}
        while host.plugin("one").session == before or host.plugin("one").state != "active":
            await anext(changes)
    assert (await host.call("one", "seen"))["port"] == 81


async def test_without_room_on_the_disk_nothing_changes_and_the_plugin_keeps_the_old_values(
    host: PluginHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(config_file, "append", full)
        with pytest.raises(DiskFull):
            await host.configuration.set("one", {"mode": "fast"})
    assert host.configuration.revision("one") == 0
    assert (await host.call("one", "seen"))["mode"] == "slow"
    assert (await host.configuration.set("one", {"mode": "fast"})).revision == 1


async def test_a_plugin_that_knows_of_no_changes_is_restarted(host: PluginHost, plugins: Path) -> None:
    folder = plugins / "plain"
    folder.mkdir()
    (folder / "main.py").write_text(PLAIN)
    (folder / "plugin.toml").write_text('id = "plain"\nversion = "1.0.0"\ncommand = ["python3", "main.py"]\n')
    await host.rescan()
    await host.load("plain")
    assert (await host.configuration.set("plain", {"a": {"b": 1}})).applied == "restart"
    assert await host.call("plain", "config") == {"a": {"b": 1}}


async def test_a_caller_who_is_cancelled_while_a_change_is_written_leaves_the_next_change_possible(
    host: PluginHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on = threading.Event(), threading.Event()
    append = config_file.append

    def slow(connection: sqlite3.Connection, plugin: str, row: config_file.Row) -> None:
        begun.set()
        assert go_on.wait(20)
        append(connection, plugin, row)

    with monkeypatch.context() as patched:
        patched.setattr(config_file, "append", slow)
        change = asyncio.get_running_loop().create_task(host.configuration.set("one", {"mode": "fast"}))
        assert await anyio.to_thread.run_sync(begun.wait, 20)
        change.cancel()
        await anyio.lowlevel.checkpoint()
        change.cancel()
        await anyio.lowlevel.checkpoint()
        go_on.set()
        with pytest.raises(asyncio.CancelledError), anyio.fail_after(20):
            await change
    # It was done all the same: the file, the host and the plugin agree.
    assert host.configuration.revision("one") == 1
    assert (await host.call("one", "seen"))["mode"] == "fast"
    assert (await host.configuration.set("one", {"mode": "slow"})).revision == 2
