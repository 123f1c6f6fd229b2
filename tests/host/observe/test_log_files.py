"""The log file of each plugin: its lines, its level, its bound."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from host import PluginHost, PluginNotFound
from host.observe.log_folder import LogFiles
from host.observe.recorder_folder import RecorderFolder
from tests.host.observe.busy_plugin import BUSY

Write = Callable[..., Path]


async def test_each_plugin_has_a_log_file_of_json_lines_and_a_level(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("busy", BUSY)
    data = tmp_path / "data"
    async with PluginHost([plugins], data=data, autoload=True) as host:
        await host.call("busy", "tell", {"text": "first \x1b[2J"})
        await host.logs.set_level("busy", "error")
        await host.call("busy", "tell", {"text": "second"})
        assert host.logs.level("busy") == "error"
    async with PluginHost([plugins], data=data, autoload=True) as host:
        assert host.logs.level("busy") == "error"
        await host.call("busy", "tell", {"text": "third"})
        with pytest.raises(PluginNotFound):
            await host.logs.set_level("nobody", "info")
        told = await host.logs("busy", level="warning")
        assert [line.text for line in told if line.source == "log"] == ['first \\x1b[2J  {"number":7}']
        await host.logs.set_level("busy", "info")
    entries = [json.loads(line) for line in (data / "logs" / "busy.log").read_text().splitlines()]
    own = [
        (entry["level"], entry["message"], entry["fields"]) for entry in entries if entry["source"] == "log"
    ]
    assert own == [("warning", "first \\x1b[2J", {"number": 7})]
    assert any("active" in entry["message"] for entry in entries if entry["source"] == "host")


async def test_log_files_rotate_and_can_be_switched_off(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("busy", BUSY)
    small = LogFiles(file_bytes=2_000, files=2)
    async with PluginHost([plugins], data=tmp_path / "one", autoload=True, log_files=small) as host:
        for number in range(30):
            await host.call("busy", "tell", {"text": f"{number} " + "x" * 200})
            await host.recorder.flush()
    names = sorted(path.name for path in (tmp_path / "one" / "logs").iterdir())
    assert names == ["busy.log", "busy.log.1"]
    assert all(path.stat().st_size < 4_000 for path in (tmp_path / "one" / "logs").iterdir())
    async with PluginHost(
        [plugins], data=tmp_path / "two", autoload=True, log_files=LogFiles(files=0)
    ) as host:
        await host.call("busy", "tell", {"text": "a"})
    assert not (tmp_path / "two" / "logs").exists()
    assert RecorderFolder(tmp_path / "two").read("busy").lines
