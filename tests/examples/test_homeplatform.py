"""The home platform example, with its plugins as real processes: what the platform's users would see."""

import logging
import shutil
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

import anyio
import pytest

from examples.homeplatform.home import PLUGINS, HomePlatform
from examples.homeplatform.rest import Rest
from host import ConsentRequired, PluginDied, Request
from host.manifest import read_package

MISBEHAVING = PLUGINS.parent / "misbehaving"
WAIT_S = 20.0
MIB = 1024 * 1024


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def home(tmp_path: Path) -> AsyncGenerator[HomePlatform, None]:
    async with HomePlatform(tmp_path / "home", [PLUGINS, MISBEHAVING]) as home:
        yield home


async def get(home: HomePlatform, path: str) -> tuple[int, Any]:
    answer = await Rest(home.host).answer(Request("GET", path))
    return answer.status, answer.data


async def post(home: HomePlatform, path: str, body: Any) -> tuple[int, Any]:
    answer = await Rest(home.host).answer(Request("POST", path, body=body))
    return answer.status, answer.data


async def test_the_four_endpoints_of_the_document_answer_as_it_says(home: HomePlatform) -> None:
    assert await get(home, "/plugins/my-plugin/health") == (
        200,
        {"status": "healthy", "plugin_id": "my-plugin"},
    )
    assert await get(home, "/plugins/my-plugin/status") == (
        200,
        {"plugin_id": "my-plugin", "status": "running", "data": {}},
    )
    turn_on = b'{"command": "turn_on", "params": {"device": "light1"}}'
    assert await post(home, "/plugins/my-plugin/command", turn_on) == (
        200,
        {"success": True, "result": "Device turned on"},
    )
    config = {"setting1": "value1", "setting2": "value2"}
    assert await post(home, "/plugins/my-plugin/config", config) == (
        200,
        {"success": True, "message": "Configuration updated"},
    )
    assert home.host.configuration.get("my-plugin") == config


async def test_the_manifest_of_the_document_is_read_as_it_stands_there(home: HomePlatform) -> None:
    package = read_package(PLUGINS / "my-plugin")
    manifest = package.manifest
    assert (manifest.limits.cpu_cores, manifest.limits.memory_bytes) == (0.5, 512 * MIB)
    assert manifest.unused == {"image": "plugin-image:tag", "api_port": 8000}
    assert any("image, api_port: kept, and not used" in sentence for sentence in package.warnings)
    assert home.host.plugin("my-plugin").permissions == ("status:send", "network:connect")


async def test_errors_are_proper_answers(home: HomePlatform) -> None:
    for body in ({"command": "explode"}, {"command": "turn_on", "params": {"device": 7}}, b"{", [1]):
        status, answer = await post(home, "/plugins/my-plugin/command", body)
        assert (status, answer["success"]) == (422, False)
        assert answer["error"]
    status, answer = await get(home, "/plugins/my-plugn/health")
    assert status == 404
    assert "did you mean my-plugin" in answer["error"]
    status, answer = await post(home, "/plugins/thermostat/config", {"target": 99})
    assert status == 422
    assert "target: found 99; allowed: maximum 30" in answer["error"]
    assert (await get(home, "/somewhere/else"))[0] == 404


async def test_status_and_events_come_from_the_plugin_unasked(home: HomePlatform) -> None:
    assert home.journal.status("my-plugin") is None
    for command in ("turn_on", "turn_off"):
        await post(home, "/plugins/my-plugin/command", {"command": command, "params": {"device": "light1"}})
    with anyio.fail_after(WAIT_S):
        while len(home.journal.events("my-plugin")) < 2:
            await home.host.status("my-plugin")
    assert home.journal.events("my-plugin") == [
        ("switched", {"device": "light1", "on": True}),
        ("switched", {"device": "light1", "on": False}),
    ]
    assert home.journal.status("my-plugin") == ("running", {"lit": []})


async def test_the_environment_configures_a_plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLUGHOST_CONFIG_THERMOSTAT__TARGET", "25")
    monkeypatch.setenv("PLUGHOST_CONFIG_THERMOSTAT__API_KEY", "weather-secret-77")
    async with HomePlatform(tmp_path / "home") as home:
        measured = {"command": "measured", "params": {"celsius": 22}}
        assert await post(home, "/plugins/thermostat/command", measured) == (
            200,
            {"success": True, "result": {"heats": True}},
        )
        assert {one.key: one.origin for one in home.host.configuration.explain("thermostat")} == {
            "target": "environment PLUGHOST_CONFIG_THERMOSTAT__TARGET",
            "api_key": "environment PLUGHOST_CONFIG_THERMOSTAT__API_KEY",
        }
        # Its manifest gave SENSOR_UNIT, and the key that it logged is shown nowhere.
        (ready,) = [line for line in await home.host.logs("thermostat") if line.text.startswith("ready")]
        assert ready.text == 'ready  {"unit":"celsius","target":25,"key":"•••"}'
        assert home.host.configuration.get("thermostat") == {"target": 25, "api_key": "•••"}


async def test_a_plugin_may_refuse_a_configuration_and_says_why(home: HomePlatform) -> None:
    assert await get(home, "/plugins/thermostat/health") == (
        503,
        {
            "status": "unhealthy",
            "plugin_id": "thermostat",
            "reason": "the sensor has not said anything yet",
        },
    )
    measured = {"command": "measured", "params": {"celsius": 10}}
    await post(home, "/plugins/thermostat/command", measured)
    assert (await get(home, "/plugins/thermostat/health"))[0] == 200
    status, answer = await post(home, "/plugins/thermostat/config", {"target": 26})
    assert status == 422
    assert "more than 15 above" in answer["error"]
    assert await get(home, "/plugins/thermostat/status") == (
        200,
        {"plugin_id": "thermostat", "status": "heating", "data": {"celsius": 10.0, "target": 20}},
    )


async def test_what_a_plugin_keeps_in_its_folder_survives_a_restart(home: HomePlatform) -> None:
    measured = {"command": "measured", "params": {"celsius": 19.5}}
    await post(home, "/plugins/thermostat/command", measured)
    await home.host.restart("thermostat")
    assert await get(home, "/api/plugins/thermostat/readings") == (200, [19.5])


async def test_a_plugin_that_wants_devices_starts_when_somebody_consents(home: HomePlatform) -> None:
    with pytest.raises(ConsentRequired, match="devices:use"):
        await home.host.load("motion")
    assert (await get(home, "/plugins/motion/health"))[0] == 503
    await home.allow("motion")
    assert home.host.plugin("motion").permissions == ("devices:use",)
    moved = {"command": "moved", "params": {"room": "kitchen"}}
    assert await post(home, "/plugins/motion/command", moved) == (200, {"success": True, "result": "noted"})


async def test_more_than_its_share_of_a_core_slows_a_plugin_down_and_it_still_answers(tmp_path: Path) -> None:
    assert read_package(MISBEHAVING / "burner").manifest.limits.cpu_cores == 0.5
    burner = tmp_path / "burner"
    shutil.copytree(MISBEHAVING / "burner", burner)
    # On a busy machine nobody gets half a core; a fifth is enough to be over this.
    manifest = burner / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"cpu_limit": 0.5', '"cpu_limit": 0.2'))
    async with HomePlatform(tmp_path / "home", [PLUGINS, burner]) as home:
        await burn_until_slowed_down(home)
        assert (await get(home, "/plugins/burner/status"))[1]["data"] == {"still": "here"}
        assert (await get(home, "/plugins/my-plugin/health"))[0] == 200
        assert home.host.plugin("burner").state == "active"


async def burn_until_slowed_down(home: HomePlatform) -> None:
    throttled = anyio.Event()

    class Watching(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if "is over its limit of 0.20 cores for 3 samples; the host throttles it" in record.getMessage():
                throttled.set()

    async def burn() -> None:
        await home.host.call("burner", "burn", timeout_s=60)

    watching = Watching()
    logger = logging.getLogger("plugin.burner")
    logger.addHandler(watching)
    try:
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(burn)
                await throttled.wait()
                assert home.host.plugin("burner").figures.throttled_to is not None
                tasks.cancel_scope.cancel()
    finally:
        logger.removeHandler(watching)


async def test_more_than_its_memory_ends_a_plugin_and_no_other(home: HomePlatform) -> None:
    with home.host.changes() as changes, anyio.fail_after(WAIT_S):
        with pytest.raises(PluginDied):
            await home.host.call("hoarder", "collect", timeout_s=15)
        while (change := await anext(changes)).new != "backoff":
            pass
        assert "is over its limit of 512 MiB" in change.reason
        while home.host.plugin("hoarder").state != "active":
            await anext(changes)
    assert (await get(home, "/plugins/hoarder/health"))[0] == 200
    assert (await get(home, "/plugins/my-plugin/health"))[0] == 200
