"""A plugin that does with its storage what it is told."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from host import PluginHost
from tests.host.services.storage.keeper import KEEPER

Write = Callable[..., Path]


@pytest.fixture
async def host(plugins: Path, write_plugin: Write, tmp_path: Path) -> AsyncIterator[PluginHost]:
    write_plugin("keeper", KEEPER)
    write_plugin("other", KEEPER)
    async with PluginHost(
        [plugins], data=tmp_path / "data", autoload=True, storage_quota_bytes=2_000_000
    ) as host:
        yield host
