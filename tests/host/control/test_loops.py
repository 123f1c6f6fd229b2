"""The faster loop serves as the usual one does."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from host.control.client import connect
from tests.host.control.conftest import Serving, wire_to
from tests.host.control.small_facade import ROW, SmallFacade


@pytest.fixture(params=[False, True], ids=["asyncio", "uvloop"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    if request.param:
        pytest.importorskip("uvloop")
    return "asyncio", {"use_uvloop": request.param}


async def test_calls_boards_streams_and_late_answers(serving: Serving, tmp_path: Path, small: SmallFacade):
    async with serving() as server:
        async with connect(tmp_path) as host:
            assert await host.plugins() == (ROW,)
            assert [one async for one in host.stream("hello", "t", {"upto": 500})] == [*range(500)]
            async with host.watch(["plugins"]) as board:
                small.show({"plugins": {"a": {"x": 1}}})
                with anyio.fail_after(5):
                    assert await board.moved() == {("plugins", "a")}
        async with wire_to(server.socket_path) as wire:
            await wire.say({"jsonrpc": "2.0", "id": 1, "method": "storage.get", "params": ["a", "wait"]})
            await small.begun.wait()
            await wire.stream.send_eof()
            small.go.set()
            assert (await wire.hear())["id"] == 1
            assert await wire.hear() is None
