"""One host with real plugins, as a facade: in this process, and over the control socket."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from host import PluginHost
from host.control.client import connect
from host.control.server import ControlServer
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
    plugins = [EXAMPLES / name for name in ("hello", "counter", "streamer")]
    plugins += [VICES / name for name in ("exits-7", "never-answers")]
    async with AsyncExitStack() as stack:
        host = await stack.enter_async_context(PluginHost(plugins=plugins, data=tmp_path / "data"))
        own = cast("Facade", cast("Any", host).facade)
        if request.param == "in process":
            yield own
            return
        async with anyio.create_task_group() as tasks:
            await tasks.start(ControlServer(own).run, tmp_path / "data")
            async with connect(tmp_path / "data", client="contract") as attached:
                yield attached
            tasks.cancel_scope.cancel()
