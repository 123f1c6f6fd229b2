"""Which mode has what: as the table in docs/testing.md says, and as it is when it is tried."""

import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from host import PluginHost
from plugin_sdk.testing import FakeHost, NotInThisMode, PluginHarness, assert_conforms, read_folder
from plugin_sdk.testing.abilities import ABILITIES, ALL
from plugin_sdk.testing.harness import MODES

EVERYTHING = Path(__file__).parent / "plugins" / "everything"
GUIDE = Path(__file__).parents[3] / "docs" / "testing.md"


@pytest.fixture(params=MODES)
async def plugin(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[PluginHarness]:
    data = tmp_path / "data"
    folder = read_folder(EVERYTHING)
    if request.param != "live":
        async with PluginHarness(folder, mode=request.param) as harness:
            yield harness
        return
    async with (
        PluginHost([EVERYTHING], data=data, control=True),
        PluginHarness(folder, mode="live", data=str(data)) as harness,
    ):
        yield harness


async def _streams(plugin: PluginHarness) -> None:
    assert [item async for item in plugin.stream("count", upto=2)] == [0, 1]


async def _requests(plugin: PluginHarness) -> None:
    answer = await plugin.request("GET", "/stats/monday", permissions=("sessions:read",))
    assert answer.status == 200


async def _logs(plugin: PluginHarness) -> None:
    assert "loaded" in plugin.host.messages("info")


async def _is_answered(plugin: PluginHarness) -> None:
    plugin.host.answer("sessions.list", ["s1"], permission="sessions:read")
    assert await plugin.call("sessions") == ["s1"]


async def _is_noted(plugin: PluginHarness) -> None:
    await plugin.call("kept")
    assert plugin.host.calls


async def _is_notified(plugin: PluginHarness) -> None:
    await plugin.call("notify_admins")
    assert plugin.host.notifications


async def _is_emitted(plugin: PluginHarness) -> None:
    await plugin.call("report", pages=1)
    assert plugin.host.emitted


async def _is_slow(plugin: PluginHarness) -> None:
    plugin.wire.chunk_bytes = 1
    assert await plugin.call("greet", name="Ada") == "Hello, Ada"


async def _conforms(plugin: PluginHarness) -> None:
    assert_conforms(plugin.folder.folder)


async def _is_configured_from_the_start(plugin: PluginHarness) -> None:
    PluginHarness(plugin.folder, mode=plugin.mode, config={"limit": 3}, data="anywhere")


async def _crashes(plugin: PluginHarness) -> None:
    await plugin.crash()
    await plugin.restart()
    assert await plugin.call("greet", name="Ada") == "Hello, Ada"


TRIES: dict[str, Callable[[PluginHarness], Awaitable[Any]]] = {
    "call": lambda plugin: plugin.call("greet", name="Ada"),
    "stream": _streams,
    "emit": lambda plugin: plugin.emit("user.login", {"name": "ada"}),
    "hook": lambda plugin: plugin.hook("message.before_send", {"text": "hello"}),
    "command": lambda plugin: plugin.command("sync", repo="docs"),
    "request": _requests,
    "configure": lambda plugin: plugin.configure({"mode": "slow"}),
    "health": lambda plugin: plugin.health(),
    "cancel": lambda plugin: plugin.cancel("hang"),
    "logged": _logs,
    "assert_conforms": _conforms,
    "config": _is_configured_from_the_start,
    "clock": lambda plugin: plugin.clock.advance(hours=1),
    "answer": _is_answered,
    "calls": _is_noted,
    "notifications": _is_notified,
    "emitted": _is_emitted,
    "wire": _is_slow,
    "restart": lambda plugin: plugin.restart(),
    "crash": _crashes,
}


async def test_a_mode_has_what_it_is_said_to_have_and_says_what_it_has_not(plugin: PluginHarness):
    assert set(TRIES) == set(ABILITIES)
    for name, tried in TRIES.items():
        if plugin.mode in ABILITIES[name]:
            await tried(plugin)
            continue
        with pytest.raises(NotInThisMode, match=f"{name}: not in the mode {plugin.mode}: .*modes="):
            await tried(plugin)


async def test_answers_that_were_given_before_a_live_test_began_are_refused_as_well(tmp_path: Path):
    host = FakeHost()
    host.answer("sessions.list", [])
    harness = PluginHarness(read_folder(EVERYTHING), mode="live", data=str(tmp_path), fake_host=host)
    with pytest.raises(NotInThisMode, match="answer: not in the mode live"):
        await harness.__aenter__()


def test_the_guides_table_is_what_the_modes_have():
    text = GUIDE.read_text(encoding="utf-8")
    head = "| | " + " | ".join(f"`{mode}`" for mode in ALL) + " |\n"
    rows = text.partition(head)[2].partition("\n\n")[0].splitlines()[1:]
    told: dict[str, tuple[str, ...]] = {}
    for row in rows:
        first, *cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert set(cells) <= {"yes", "no"}, row
        modes = tuple(mode for mode, cell in zip(ALL, cells, strict=True) if cell == "yes")
        for word in re.findall(r"`([^`]+)`", first):
            name = re.sub(r"[(=].*", "", word).rpartition(".")[2]
            assert name not in told, word
            told[name] = modes
    told["clock"] = told.pop("advance")
    assert told == ABILITIES
