"""Plugins with a configuration, for its tests."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from host import (
    PluginHost,
)
from tests.host.services.configuration.configured_plugins import CODE, SCHEMA

Write = Callable[..., Path]


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
