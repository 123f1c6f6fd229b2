"""What tests with real plugin processes share: plugins written on the spot, and waits for what happens."""

import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import psutil
import pytest

from host import PluginHost, PluginView

REPOSITORY = Path(__file__).parents[2]
WAIT_S = 20.0

_IMPORTS = (
    "from typing import Any\n\nfrom plugin_sdk import Context, Plugin, PluginError, RpcError, method\n\n"
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def examples() -> Path:
    """The folder of the example plugins."""
    return REPOSITORY / "examples" / "plugins"


@pytest.fixture
def plugins(tmp_path: Path) -> Path:
    """The folder in which `write_plugin` writes."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    return folder


@pytest.fixture
def write_plugin(plugins: Path) -> Callable[..., Path]:
    """`write_plugin(id, code, manifest="", version="1.0.0")` writes an SDK plugin; returns its folder."""

    def write(plugin_id: str, code: str, manifest: str = "", version: str = "1.0.0") -> Path:
        folder = plugins / plugin_id
        folder.mkdir(exist_ok=True)
        (folder / "main.py").write_text(_IMPORTS + textwrap.dedent(code))
        head = f'id = "{plugin_id}"\nversion = "{version}"\nentry_point = "main.py"\n'
        (folder / "plugin.toml").write_text(head + textwrap.dedent(manifest))
        return folder

    return write


@pytest.fixture
def until() -> Callable[..., Awaitable[PluginView]]:
    """`await until(host, plugin, *states)` waits until the plugin is in one of them; returns its view."""

    async def wait(host: PluginHost, plugin: str, *states: str) -> PluginView:
        with host.changes() as changes, anyio.fail_after(WAIT_S):
            while (view := host.plugin(plugin)).state not in states:
                await anext(changes)
            return view

    return wait


@pytest.fixture
def left_over() -> Callable[[], list[str]]:
    """`left_over()` names the processes below this one that were not there when the test began."""
    before = {(one.pid, one.create_time()) for one in psutil.Process().children(recursive=True)}

    def names() -> list[str]:
        found: list[str] = []
        for one in psutil.Process().children(recursive=True):
            try:
                if (one.pid, one.create_time()) not in before:
                    found.append(" ".join([str(one.pid), one.status(), *one.cmdline()]))
            except psutil.NoSuchProcess:
                continue
        return found

    return names
