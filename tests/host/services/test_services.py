"""The host's own methods, asked by a real plugin."""

import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from host import PluginHost
from protocol.version import PROTOCOL_VERSIONS, RELEASE

Write = Callable[..., Path]

ASKER = """
class Asker(Plugin):
    @method
    async def info(self) -> Any:
        return await self.host.host.info()

    @method
    async def discover(self) -> Any:
        return await self.host.rpc.discover()

    @method
    async def talk(self) -> None:
        self.log.warning("something is odd", number=7)
        try:
            raise ValueError("and broken")
        except ValueError:
            self.log.exception("it broke", where="here")

    @method
    async def badly(self, params: Any) -> str:
        try:
            await self.host.plugins.call(plugin="other", method="info", params=params)
        except RpcError as error:
            return f"{error.name}: {error.message}"
        return ""
"""


@pytest.fixture
def asking(plugins: Path, write_plugin: Write) -> PluginHost:
    write_plugin("asker", ASKER, 'permissions = ["plugins:call"]')
    write_plugin("other", ASKER)
    return PluginHost(plugins=[plugins], autoload=True)


async def test_a_plugin_is_told_what_it_runs_under(asking: PluginHost) -> None:
    async with asking as host:
        info = await host.call("asker", "info")
        assert info == {
            "name": "plughost",
            "version": RELEASE,
            "protocol_versions": list(PROTOCOL_VERSIONS),
            "plugin_id": "asker",
            "session": host.plugin("asker").session,
        }


async def test_the_hosts_methods_are_described_as_openrpc(asking: PluginHost) -> None:
    async with asking as host:
        document = await host.call("asker", "discover")
    assert document["openrpc"].startswith("1.")
    entries = {entry["name"]: entry for entry in document["methods"]}
    assert all(entry["summary"] for entry in entries.values())
    assert [one["name"] for one in entries["plugins.call"]["params"]] == [
        "plugin",
        "method",
        "params",
        "timeout_s",
    ]
    assert entries["plugins.call"]["x-permission"] == "plugins:call"


async def test_a_plugins_log_lines_are_in_its_own_log(
    asking: PluginHost, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        async with asking as host:
            await host.call("asker", "talk")
    odd, broken = (
        record for record in caplog.records if record.name == "plugin.asker" and "->" not in record.message
    )
    assert (odd.levelno, odd.message, vars(odd)["fields"]) == (
        logging.WARNING,
        "something is odd",
        {"number": 7},
    )
    assert broken.levelno == logging.ERROR
    assert broken.message.startswith("it broke\nTraceback")
    assert "ValueError: and broken" in broken.message
    assert vars(broken)["fields"] == {"where": "here"}


@pytest.mark.parametrize("params", [[], 7, "text", None, [1]])
async def test_parameters_of_a_nested_call_are_an_object(asking: PluginHost, params: object) -> None:
    async with asking as host:
        told = await host.call("asker", "badly", {"params": params})
        assert told == "invalid_params: parameter 'params': expected an object"
        assert await host.call("asker", "badly", {"params": {}}) == ""
