"""The MCP Python SDK: a stdio server with one tool, and its own client."""

import asyncio
import sys
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self

import msgspec

from benchmarks.child_process import ROOT
from benchmarks.subject import Subject

if TYPE_CHECKING:
    from mcp import ClientSession

_CHILD = ROOT / "benchmarks" / "children" / "mcp_echo.py"


class McpSdk(Subject):
    """`ClientSession.call_tool` over `stdio_client`."""

    name = "mcp"
    about = "MCP Python SDK: `ClientSession.call_tool` over `stdio_client`, an `MCPServer` with one tool"
    most_children = 20  # each takes the better part of a second of CPU

    def __init__(self, tasks: asyncio.TaskGroup) -> None:
        super().__init__(tasks)
        self._session: ClientSession | None = None
        self._pid = 0
        self._leave = asyncio.Event()
        self._holder: asyncio.Task[None] | None = None

    @classmethod
    def unavailable(cls) -> str:
        return "" if find_spec("mcp") is not None else "the distribution `mcp` is not installed"

    async def __aenter__(self) -> Self:
        import_module("mcp")  # before the first start, whose time is to be the child's
        return self

    async def start(self) -> None:
        self._leave.clear()
        ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._holder = self.tasks.create_task(self._hold(ready))
        await ready

    async def stop(self) -> None:
        holder, self._holder = self._holder, None
        if holder is not None:
            self._leave.set()
            await asyncio.wait([holder])

    @property
    def pid(self) -> int:
        return self._pid

    async def call(self, value: Any) -> Any:
        from mcp.types import CallToolResult, TextContent

        assert self._session is not None
        match await self._session.call_tool("echo", {"value": value}):
            case CallToolResult(is_error=False, content=[TextContent(text=text)]):
                return text if isinstance(value, str) else msgspec.json.decode(text)
            case other:
                raise RuntimeError(f"no echo: {other}")

    async def _hold(self, ready: "asyncio.Future[None]") -> None:
        """Keep the session in one task: the SDK's contexts are left in the task that entered them."""
        from mcp import ClientSession, StdioServerParameters, stdio_client

        server = StdioServerParameters(command=sys.executable, args=[str(_CHILD)])
        try:
            async with stdio_client(server) as streams, ClientSession(*streams) as session:
                self._pid = int((await session.initialize()).instructions or 0)
                self._session = session
                ready.set_result(None)
                await self._leave.wait()
        except Exception as exc:
            if ready.done():
                raise
            ready.set_exception(exc)
        finally:
            self._session = None
