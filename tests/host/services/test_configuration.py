"""Configuration through real plugin processes."""

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable
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
    LoadRefused,
    PluginError,
    PluginHost,
)
from host.state import config_file

Write = Callable[..., Path]

SCHEMA = """
permissions = ["config:read"]
[config_schema]
type = "object"
additionalProperties = false
required = ["mode"]
[config_schema.properties.mode]
type = "string"
enum = ["slow", "fast", "odd"]
default = "slow"
[config_schema.properties.port]
type = "integer"
minimum = 1
x-restart = true
[config_schema.properties.name]
type = "string"
[config_schema.properties.token]
type = "string"
writeOnly = true
[config_schema.properties.deep]
type = "object"
properties.size = { type = "number", default = 1.5 }
properties.tags = { type = "array", items = { type = "string" } }
"""

CODE = """
import os

class Configured(Plugin):
    async def on_configure(self, config: dict[str, Any]) -> str | None:
        if config["mode"] == "odd":
            raise PluginError("odd is not for me")
        return "restart" if config.get("name") == "later" else None

    @method
    async def seen(self) -> dict[str, Any]:
        return self.config

    @method
    async def pid(self) -> int:
        return os.getpid()

    @method
    async def change(self, changes: dict[str, Any], revision: int | None = None) -> dict[str, Any]:
        return await self.config.set(changes, expected_revision=revision)

    @method
    async def register(self, schema: dict[str, Any]) -> Any:
        await self.config.register(schema)
        return [self.config, await self.config.schema()]

    @method
    async def system(self, key: str = "") -> Any:
        return await self.config.system(key)

    @method
    async def write(self) -> None:
        try:
            self.config["mode"] = "fast"
        except TypeError as exc:
            raise PluginError(str(exc))
"""


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


@pytest.fixture
async def host(plugins: Path, write_plugin: Write, tmp_path: Path) -> AsyncIterator[PluginHost]:
    write_plugin("one", CODE, SCHEMA)
    async with PluginHost(
        [plugins],
        data=tmp_path / "data",
        autoload=True,
        config={"one": {"name": "file"}},
        system_config={"site": {"title": "Ours"}, "api_key": "hidden"},
    ) as host:
        yield host


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


async def test_each_value_says_which_layer_it_comes_from(
    plugins: Path, write_plugin: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_plugin("a-b", CODE, SCHEMA)
    (folder / "config").mkdir()
    (folder / "config" / "default.json").write_text('{"port": 1, "name": "package", "token": "in-package"}')
    monkeypatch.setenv("PLUGHOST_CONFIG_A_B__PORT", "7")
    monkeypatch.setenv("PLUGHOST_CONFIG_A_B__DEEP__TAGS", '["x"]')
    monkeypatch.setenv("PLUGHOST_CONFIG_A_B__NAME", "12")
    async with PluginHost(
        [plugins], config={"a-b": {"port": 3, "name": "file", "deep": {"size": 2}}}
    ) as host:
        await host.configuration.set("a-b", {"mode": "fast"})
        rows = {row.key: (row.value, row.origin) for row in host.configuration.explain("a-b")}
        assert rows == {
            "mode": ("fast", "set"),
            "port": (7, "environment PLUGHOST_CONFIG_A_B__PORT"),
            "name": ("12", "environment PLUGHOST_CONFIG_A_B__NAME"),
            "token": ("•••", "config/default.json"),
            "deep.size": (2, "file"),
            "deep.tags": (["x"], "environment PLUGHOST_CONFIG_A_B__DEEP__TAGS"),
        }
        await host.load("a-b")
        assert (await host.call("a-b", "seen"))["token"] == "in-package"


async def test_faults_in_three_places_are_told_together_and_nothing_is_saved(host: PluginHost) -> None:
    with pytest.raises(InvalidConfiguration) as told:
        await host.configuration.set("one", {"mode": "warp", "deep": {"size": "big"}, "extra": 1})
    assert [(fault.file, fault.path, fault.found) for fault in told.value.faults] == [
        ("set", "deep.size", "'big'"),
        ("set", "extra", "an unknown key"),
        ("set", "mode", "'warp'"),
    ]
    assert told.value.faults[2].allowed == '"slow", "fast", "odd"'
    assert host.configuration.revision("one") == 0
    assert await host.call("one", "seen") == {"mode": "slow", "deep": {"size": 1.5}, "name": "file"}
    assert len(host.configuration.validate("one", {"mode": 1, "port": 0})) == 3


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


async def test_settings_registered_in_code_lie_under_the_manifests(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("two", CODE.replace('if config["mode"]', 'if config.get("mode")'))
    async with PluginHost([plugins], autoload=True) as host:
        schema = {
            "limit": {"type": "integer", "default": 3, "label": "Limit"},
            "mode": {"type": "enum", "enum": ["a"]},
        }
        values, seen = await host.call("two", "register", {"schema": schema})
        assert values == {"limit": 3}
        assert seen["properties"]["limit"]["title"] == "Limit"
        assert await host.call("two", "seen") == {"limit": 3}
        with pytest.raises(InvalidConfiguration, match="limit"):
            await host.configuration.set("two", {"limit": "many"})
        for bad in (
            {"x": {"type": "strin"}},
            {"properties": {"x": {"$ref": "http://a/b"}}},
            {"properties": {"x": {"pattern": "(a+)+b"}}},
        ):
            with pytest.raises(InvalidParams, match="schema can't be used"):
                await host.call("two", "register", {"schema": bad})


async def test_what_the_application_publishes_is_read_by_grant_and_holds_no_secrets(
    host: PluginHost, plugins: Path, write_plugin: Write
) -> None:
    assert await host.call("one", "system") == {"site": {"title": "Ours"}, "api_key": "•••"}
    assert await host.call("one", "system", {"key": "site.title"}) == "Ours"


async def test_a_plugin_whose_configuration_does_not_fit_is_not_started(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("one", CODE, SCHEMA)
    given = {"one": {"mode": "warp", "port": "x", "token": 123456789}}
    async with PluginHost([plugins], config=given) as host:
        with pytest.raises(LoadRefused) as told:
            await host.load("one")
        for word in ("file: mode", "file: port", "file: token: found '•••'"):
            assert word in str(told.value)
        assert "123456789" not in str(told.value)
        assert host.plugin("one").state == "error"
        assert host.plugin("one").pid is None
        await host.configuration.set("one", {"mode": "slow", "port": 1, "token": "x"})
        await host.load("one")


async def test_each_of_several_missing_values_is_told_once(plugins: Path, write_plugin: Write) -> None:
    manifest = """
        [config_schema]
        type = "object"
        required = ["host", "port", "token"]
        properties = { host = { type = "string" }, port = { type = "integer" }, token = { type = "string" } }
        """
    write_plugin("bare", "class Bare(Plugin):\n    pass\n", manifest)
    async with PluginHost([plugins]) as host:
        faults = host.configuration.validate("bare", {})
        assert [fault.path for fault in faults] == ["host", "port", "token"]


async def test_the_file_is_its_owners_alone(host: PluginHost, tmp_path: Path) -> None:
    await host.configuration.set("one", {"token": "very-secret"})
    for file in (tmp_path / "data").glob("config.db*"):
        assert file.stat().st_mode & 0o077 == 0, file


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
