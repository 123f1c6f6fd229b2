"""Health, status, commands and configuration through real plugin processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import ConfigurationRefused, NotActive, PluginHost

Write = Callable[..., Path]

PLAIN = """
class Plain(Plugin):
    pass
"""
LIGHTS = """
class Lights(Plugin):
    async def on_load(self) -> None:
        self.on = {}

    async def on_command(self, command: str, params: dict[str, Any]):
        match command:
            case "turn_on":
                self.on[params["device"]] = True
                return "Device turned on"
            case "refuse":
                return {"success": False, "error": "the fuse is out"}
            case "fail":
                raise PluginError("no such device")
            case _:
                raise KeyError(command)

    def on_status(self):
        return {"status": "running", "data": {"on": len(self.on)}}

    async def on_health(self):
        mode = self.config.get("mode", "")
        if mode == "raise":
            raise PluginError("the bridge does not answer")
        if mode == "break":
            raise RuntimeError("secret")
        if mode == "dict":
            return {"status": "degraded", "reason": "slow", "lag": 3}
        return {"": None, "false": False, "word": "degraded"}[mode]

    async def on_configure(self, config: dict[str, Any]):
        if config.get("mode") == "bad":
            raise PluginError("mode: 'bad' is not known")
        return "restart" if config.get("mode") == "later" else None

    @method
    async def mode(self) -> str:
        return self.config.get("mode", "")
"""


async def test_a_plugin_that_overrides_nothing_answers_with_defaults(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("plain", PLAIN)
    async with PluginHost([plugins], autoload=True) as host:
        health = await host.health("plain")
        assert (health.status, health.plugin_id, health.reason) == ("healthy", "plain", "")
        status = await host.status("plain")
        assert (status.plugin_id, status.status, status.data) == ("plain", "running", {})
        await host.unload("plain")
        with pytest.raises(NotActive):
            await host.health("plain")


@pytest.fixture
async def host(plugins: Path, write_plugin: Write) -> Any:
    write_plugin("lights", LIGHTS)
    async with PluginHost([plugins], autoload=True) as host:
        yield host


async def test_on_command_gets_what_no_command_answers(host: PluginHost) -> None:
    outcome = await host.contract.command("lights", "turn_on", {"device": "light1"})
    assert (outcome.success, outcome.result, outcome.error) == (True, "Device turned on", "")
    assert (await host.status("lights")).data == {"on": 1}
    for command, error in (("refuse", "the fuse is out"), ("fail", "no such device")):
        outcome = await host.contract.command("lights", command)
        assert (outcome.success, outcome.error) == (False, error)
    outcome = await host.contract.command("lights", "surprise")
    assert not outcome.success
    assert "incident" in outcome.error


async def test_a_command_that_takes_other_parameters_is_no_success(
    plugins: Path, write_plugin: Write
) -> None:
    typed = """
    from plugin_sdk import command

    class Typed(Plugin):
        @command
        async def turn_on(self, device: str) -> str:
            return device
    """
    write_plugin("typed", typed)
    async with PluginHost([plugins], autoload=True) as host:
        assert (await host.contract.command("typed", "turn_on", {"device": "a"})).result == "a"
        outcome = await host.contract.command("typed", "turn_on", {})
        assert (outcome.success, outcome.result) == (False, None)
        assert "device" in outcome.error
        outcome = await host.contract.command("typed", "turn_on", {"device": 7})
        assert not outcome.success


async def test_a_command_that_nothing_answers_is_no_success(plugins: Path, write_plugin: Write) -> None:
    write_plugin("plain", PLAIN)
    async with PluginHost([plugins], autoload=True) as host:
        outcome = await host.contract.command("plain", "turn_on", {"device": "light1"})
        assert (outcome.success, outcome.error) == (False, "there is no command 'turn_on'")


@pytest.mark.parametrize(
    ("mode", "status", "reason"),
    [
        ("", "healthy", ""),
        ("false", "unhealthy", "on_health says so"),
        ("word", "degraded", ""),
        ("dict", "degraded", "slow"),
        ("raise", "unhealthy", "the bridge does not answer"),
    ],
)
async def test_what_on_health_returns_or_raises_is_the_plugins_health(
    host: PluginHost, mode: str, status: str, reason: str
) -> None:
    await host.configuration.set("lights", {"mode": mode})
    health = await host.health("lights")
    assert (health.status, health.reason) == (status, reason)
    assert health.data == ({"lag": 3} if mode == "dict" else {})


async def test_an_unexpected_failure_is_an_incident_and_tells_nothing_else(host: PluginHost) -> None:
    await host.configuration.set("lights", {"mode": "break"})
    health = await host.health("lights")
    assert health.status == "unhealthy"
    assert "incident" in health.reason
    assert "secret" not in health.reason


async def test_a_configuration_is_taken_live_or_later_or_refused_with_the_authors_reason(
    host: PluginHost,
) -> None:
    assert (await host.configuration.set("lights", {"mode": "word"})).applied == "live"
    assert await host.call("lights", "mode") == "word"
    with pytest.raises(ConfigurationRefused, match="mode: 'bad' is not known"):
        await host.configuration.set("lights", {"mode": "bad"})
    assert await host.call("lights", "mode") == "word"
    assert (await host.configuration.set("lights", {"mode": "later"})).applied == "restart"
    assert await host.call("lights", "mode") == "later"
