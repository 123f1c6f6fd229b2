"""Which configuration counts: layers, faults, and what plugins and applications publish."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import (
    ConfigurationRefused,
    InvalidConfiguration,
    InvalidParams,
    LoadRefused,
    PluginHost,
)
from tests.host.services.configuration.configured_plugins import CODE, SCHEMA

Write = Callable[..., Path]


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


@pytest.mark.parametrize(
    "declared",
    [
        {"size": {"type": "integer", "default": 9, "required": True}},
        {"type": "object", "properties": {"size": {"type": "integer", "default": 9}}, "required": ["size"]},
    ],
)
async def test_settings_registered_in_code_join_those_that_code_declares_in_any_form(
    plugins: Path, write_plugin: Write, declared: dict[str, Any]
) -> None:
    code = f"""
    class Two(Plugin):
        def get_config_schema(self):
            return {declared!r}

        async def on_load(self):
            await self.config.register({{"limit": {{"type": "integer", "default": 4, "required": True}}}})

        async def initialize(self, context):
            await context.api.register_settings({{"loud": {{"type": "boolean", "default": True}}}})

        @method
        async def seen(self) -> Any:
            return [self.config, await self.config.schema()]
    """
    write_plugin("two", code)
    write_plugin("older", code.replace("async def on_load", "async def never"))
    async with PluginHost([plugins], autoload=True) as host:
        values, schema = await host.call("two", "seen")
        assert values == {"size": 9, "limit": 4}
        assert set(schema["required"]) == {"size", "limit"}
        assert (await host.call("older", "seen"))[0] == {"size": 9, "loud": True}
        with pytest.raises(InvalidConfiguration, match="size"):
            await host.configuration.set("two", {"size": "many"})


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


async def test_a_plugin_that_refuses_what_the_file_says_now_keeps_what_it_had_and_others_have_theirs(
    write_plugin: Write, plugins: Path, tmp_path: Path
) -> None:
    code = """
    from plugin_sdk import Plugin, PluginError, method
    class Sample(Plugin):
        async def on_configure(self, config):
            if config.get("port") == 7:
                raise PluginError("port 7 is taken")
        @method
        async def seen(self) -> object:
            return self.config.get("port")
    """
    for name in ("refuses", "takes"):
        write_plugin(name, code)
    given = {"refuses": {"port": 1}, "takes": {"port": 1}}
    async with PluginHost(plugins=[plugins], data=tmp_path / "data", config=given, autoload=True) as host:
        with pytest.raises(ConfigurationRefused, match="port 7 is taken"):
            await host.configuration.reread({"refuses": {"port": 7}, "takes": {"port": 8}})
        assert await host.call("refuses", "seen") == host.configuration.get("refuses")["port"] == 1
        assert await host.call("takes", "seen") == host.configuration.get("takes")["port"] == 8
        assert await host.configuration.reread({"takes": {"port": 9}}) == ("refuses", "takes")
        assert host.configuration.get("refuses") == {}
