"""The host in memory is made from the method table, and its parts agree with the real ones where both can be
asked."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.cron import read_rule
from plugin_sdk.testing import DrivenClock, FakeHost, PluginHarness, read_folder
from plugin_sdk.testing.cron_line import CronLine
from plugin_sdk.testing.memory_host import MemoryHost
from plugin_sdk.testing.plugin_folder import FolderFault, defaults_of
from protocol.errors import RpcError
from protocol.methods import METHODS

EVERYTHING = Path(__file__).parent / "plugins" / "everything"


def _ignore(*_: Any) -> None: ...


def test_every_method_that_a_plugin_may_call_is_answered():
    async def never(_method: str, _params: Any) -> Any:
        raise AssertionError

    clock, folder = DrivenClock(), read_folder(EVERYTHING)
    host = MemoryHost(folder, clock, FakeHost(), never, _ignore, _ignore)
    asked = {
        row.name for row in METHODS.values() if row.direction != "to_plugin" and row.kind != "notification"
    }
    assert host.answers() == asked


@given(
    line=st.tuples(
        st.sampled_from(["*", "0", "*/7", "5,50", "10-20", "59"]),
        st.sampled_from(["*", "0", "3", "*/5", "8-17/3"]),
        st.sampled_from(["*", "1", "13", "28-31", "*/10"]),
        st.sampled_from(["*", "2", "jan", "jun-aug", "*/5"]),
        st.sampled_from(["*", "0", "7", "mon-fri", "sun,wed", "*/2"]),
    ).map(" ".join),
    start=st.integers(1_700_000_000, 1_900_000_000),
)
def test_cron_lines_are_due_when_the_host_says(line: str, start: int):
    mine, hosts = CronLine(line), read_rule(None, line, "UTC")
    at = float(start)
    for _ in range(3):
        due, expected = mine.after(at), hosts.after(at, at)
        assert due == expected, (line, datetime.fromtimestamp(at, UTC))
        if due == float("inf"):
            return
        at = due


@pytest.mark.parametrize(
    "line", ["* * * *", "60 * * * *", "a * * * *", "*/0 * * * *", "5-1 * * * *", "0 0 L * *"]
)
def test_a_line_that_can_not_be_read_says_which_field(line: str):
    with pytest.raises(ValueError, match="cron: "):
        CronLine(line)


def test_an_unknown_time_zone_is_named():
    with pytest.raises(ValueError, match="Nowhere"):
        CronLine("0 0 * * *", "Nowhere/Land")


async def test_the_clock_does_not_go_back():
    clock = DrivenClock()
    with pytest.raises(ValueError, match="0 or more"):
        await clock.advance(-1)
    await clock.advance(days=1, hours=1, minutes=1, seconds=1)
    assert clock.passed_s == 90_061
    assert clock.now == datetime(2026, 1, 2, 1, 1, 1, tzinfo=UTC)


def test_defaults_are_read_from_both_forms_of_schemas():
    nested = {"properties": {"a": {"default": 1}, "b": {"properties": {"c": {"default": 2}}}, "d": {}}}
    assert defaults_of(nested) == {"a": 1, "b": {"c": 2}}
    assert defaults_of({"mode": {"type": "string", "default": "x"}}) == {"mode": "x"}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("plugin.toml", "id = 3 =", "can't be read"),
        ("plugin.toml", 'version = "1"', "id: found nothing"),
        ("plugin.json", "[]", "found list"),
        ("plugin.toml", 'id = "x"\npermissions = ["nonsense"]', "permissions: found 'nonsense'"),
    ],
)
def test_a_folder_that_can_not_be_read_says_why(name: str, text: str, said: str, tmp_path: Path):
    (tmp_path / name).write_text(text)
    with pytest.raises(FolderFault, match=said):
        read_folder(tmp_path)


def test_a_folder_without_a_manifest_is_no_plugin(tmp_path: Path):
    with pytest.raises(FolderFault, match=r"plugin\.toml, plugin\.json, manifest\.json"):
        read_folder(tmp_path)


async def test_a_plugin_that_is_no_python_code_has_no_memory_mode(tmp_path: Path):
    (tmp_path / "plugin.toml").write_text('id = "node"\nversion = "1"\ncommand = ["node", "x.js"]\n')
    with pytest.raises(FolderFault, match="--plughost=process"):
        PluginHarness(read_folder(tmp_path))


async def test_variables_of_the_manifest_are_there_and_gone_afterwards(tmp_path: Path):
    (tmp_path / "plugin.toml").write_text('id = "x"\nversion = "1"\n[env]\nSAMPLE_WORD = "there"\n')
    (tmp_path / "main.py").write_text(
        "import os\nfrom plugin_sdk import Plugin, method\n"
        "class P(Plugin):\n    @method\n    async def word(self) -> str:\n"
        "        return os.environ['SAMPLE_WORD']\n"
    )
    async with PluginHarness(read_folder(tmp_path)) as plugin:
        assert await plugin.call("word") == "there"
    assert "SAMPLE_WORD" not in os.environ


async def test_two_plugins_with_modules_of_the_same_name_do_not_meet(tmp_path: Path):
    for name in ("one", "two"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "plugin.toml").write_text(f'id = "{name}"\nversion = "1"\n')
        (folder / "main.py").write_text(
            "from plugin_sdk import Plugin, method\nimport words\n"
            "class P(Plugin):\n    @method\n    async def word(self) -> str:\n        return words.WORD\n"
        )
        (folder / "words.py").write_text(f"WORD = {name!r}\n")
    for name in ("one", "two", "one"):
        async with PluginHarness(read_folder(tmp_path / name)) as plugin:
            assert await plugin.call("word") == name


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("class P: pass\n", "must hold one class"),
        ("import nothing_of_this_name\n", "nothing_of_this_name"),
        (
            "from plugin_sdk import Plugin\nclass P(Plugin):\n    async def on_load(self): 1 / 0\n",
            "incident",
        ),
    ],
)
async def test_a_plugin_that_does_not_load_says_why(source: str, said: str, tmp_path: Path):
    (tmp_path / "plugin.toml").write_text('id = "bad"\nversion = "1"\n')
    (tmp_path / "main.py").write_text(source)
    harness = PluginHarness(read_folder(tmp_path))
    with pytest.raises(RpcError, match=said):
        await harness.__aenter__()


async def test_an_answer_of_the_test_that_fails_is_noted_with_its_exception():
    host = FakeHost()

    def broken(user: str) -> float:
        return len(user) / 0

    host.answer("sessions.list", broken)
    async with PluginHarness(read_folder(EVERYTHING), fake_host=host) as plugin:
        with pytest.raises(RpcError):
            await plugin.call("sessions")
        assert host.faults == ["the answer to sessions.list raised ZeroDivisionError: division by zero"]
