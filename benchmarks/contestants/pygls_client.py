"""pygls: a JSON-RPC server as language servers are made of, and its own client."""

import asyncio
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Self

from benchmarks.child_process import ROOT
from benchmarks.subject import Subject

_CHILD = ROOT / "benchmarks" / "children" / "pygls_echo.py"


class PyglsClient(Subject):
    """`JsonRPCClient.protocol.send_request_async`."""

    name = "pygls"
    about = "pygls: `send_request_async` of its JSON-RPC client to a feature of its JSON-RPC server"
    most_children = 20  # each takes half a second of CPU

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(tasks)
        self._client: Any = None
        self._pid = 0

    @classmethod
    def unavailable(cls) -> str:
        return "" if find_spec("pygls") is not None else "the distribution `pygls` is not installed"

    async def __aenter__(self) -> Self:
        import_module("pygls.client")
        return self

    async def start(self) -> None:
        self._client = import_module("pygls.client").JsonRPCClient()
        await self._client.start_io(sys.executable, str(_CHILD))
        self._pid = await self._client.protocol.send_request_async("pid", {})

    async def stop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.protocol.writer.close()
            await client.stop()

    @property
    def pid(self) -> int:
        return self._pid

    async def call(self, value: Any) -> Any:
        answer = await self._client.protocol.send_request_async("echo", {"value": value})
        return answer if isinstance(answer, str) else answer._asdict()

    async def notify(self, count: int) -> None:
        for _ in range(count):
            self._client.protocol.notify("happened", self.small)
        await self._client.protocol.send_request_async("taken", {})
