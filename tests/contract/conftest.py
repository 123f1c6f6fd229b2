"""One host with real plugins, as a facade: in this process, and over the control socket."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from host import PluginHost
from host.control.client import connect
from host.facade import Facade

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples" / "plugins"
VICES = ROOT / "tests" / "plugins"
WAIT_S = 30.0


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(params=["in process", "socket"])
async def facade(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Facade]:
    plugins = [EXAMPLES / name for name in ("hello", "counter", "streamer", "asks")]
    plugins += [VICES / name for name in ("exits-7", "never-answers")]
    socket = request.param == "socket"
    async with PluginHost(plugins=plugins, data=tmp_path / "data", control=socket) as host:
        if not socket:
            yield host.facade
            return
        async with connect(tmp_path / "data", client="contract") as attached:
            yield attached
