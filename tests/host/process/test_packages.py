"""What a Python plugin can import: the standard library, the SDK, its own folder and its own environment."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host.process.shelf import PACKAGES, fill_shelf
from tests.host.process.modes import MODES, Mode, one_plugin, only_linux

Write = Callable[..., Path]

pytestmark = only_linux

PLUGIN = """
import importlib
import json
import multiprocessing

import beside

def work(queue: Any) -> None:
    queue.put("from a spawned process")

class One(Plugin):
    @method
    async def missing(self, names: list[str]) -> list[str]:
        found = []
        for name in names:
            try:
                importlib.import_module(name)
            except ModuleNotFoundError:
                found.append(name)
        return found

    @method
    async def beside(self) -> str:
        return beside.WORD

    @method
    def spawn(self) -> str:
        context = multiprocessing.get_context("spawn")
        queue = context.Queue()
        child = context.Process(target=work, args=(queue,))
        child.start()
        word = queue.get(timeout=30)
        child.join(30)
        return word
"""


@pytest.mark.parametrize("mode", MODES)
async def test_a_plugin_has_the_sdk_and_no_packages_of_its_host(write_plugin: Write, mode: Mode) -> None:
    (write_plugin("one", PLUGIN) / "beside.py").write_text("WORD = 'its own'\n")
    async with one_plugin(write_plugin, mode, PLUGIN) as host:
        hosts = ["host", "host.errors", "pydantic", "anyio", "psutil", "click", "pytest", "benchmarks"]
        sdk = ["plugin_sdk.api.log", "protocol.version", "msgspec.json", "xml.dom", "sqlite3"]
        assert await host.call("one", "missing", {"names": [*hosts, *sdk]}) == hosts
        assert await host.call("one", "beside") == "its own"


@pytest.mark.parametrize("mode", MODES)
async def test_a_plugin_has_the_packages_of_its_own_environment(write_plugin: Write, mode: Mode) -> None:
    folder = write_plugin("one", PLUGIN)
    (folder / "beside.py").write_text("import needed\nWORD = needed.WORD\n")
    version = sys.version_info
    site = folder / ".venv" / "lib" / f"python{version.major}.{version.minor}" / "site-packages"
    site.mkdir(parents=True)
    (site / "needed.py").write_text("WORD = 'installed'\n")
    async with one_plugin(write_plugin, mode, PLUGIN) as host:
        assert await host.call("one", "beside") == "installed"


@pytest.mark.parametrize("mode", MODES)
async def test_a_spawned_process_of_a_plugin_finds_the_same(write_plugin: Write, mode: Mode) -> None:
    (write_plugin("one", PLUGIN) / "beside.py").write_text("WORD = 'its own'\n")
    async with one_plugin(write_plugin, mode, PLUGIN) as host:
        assert await host.call("one", "spawn", timeout_s=40) == "from a spawned process"


def test_the_shelf_holds_what_is_installed_now(tmp_path: Path) -> None:
    shelf = fill_shelf(tmp_path)
    names: dict[str, Any] = {one.name: one.resolve() for one in shelf.iterdir()}
    assert set(names) <= set(PACKAGES)
    assert {"plugin_sdk", "protocol", "msgspec"} <= set(names)
    link = shelf / "msgspec"
    link.unlink()
    link.symlink_to(tmp_path, target_is_directory=True)
    assert fill_shelf(tmp_path) == shelf
    assert link.resolve() == names["msgspec"]
