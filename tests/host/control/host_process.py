"""A host of the small kind in a process of its own: says `ready` with its socket, until it is ended."""

import sys
from pathlib import Path

import anyio

from host.control.server import ControlServer
from tests.host.control.small_facade import SmallFacade, as_facade


async def main() -> None:
    small = SmallFacade()
    small.show({"plugins": {"a": {"x": 1}}})
    server = ControlServer(as_facade(small))
    async with anyio.create_task_group() as tasks:
        path = await tasks.start(server.run, Path(sys.argv[1]))
        print("ready", path, flush=True)


anyio.run(main)
