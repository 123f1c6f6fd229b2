"""The MCP Python SDK: a stdio server with one tool, and its own client."""

import sys
from contextlib import AsyncExitStack
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Self

import msgspec

from benchmarks.child_process import ROOT
from benchmarks.contestant import Contestant

if TYPE_CHECKING:
    from mcp import ClientSession

_CHILD = ROOT / "benchmarks" / "children" / "mcp_echo.py"


class McpSdk(Contestant):
    """`ClientSession.call_tool` over `stdio_client`."""

    name = "mcp"
    about = "MCP Python SDK: `ClientSession.call_tool` over `stdio_client`, an `MCPServer` with one tool"

    def __init__(self) -> None:
        self._stack = AsyncExitStack()
        self._session: ClientSession | None = None
        self._pid = 0

    @classmethod
    def unavailable(cls) -> str:
        return "" if find_spec("mcp") is not None else "the distribution `mcp` is not installed"

    async def __aenter__(self) -> Self:
        import_module("mcp")  # before the first start, whose time is to be the child's
        return self

    async def start(self) -> None:
        from mcp import ClientSession, StdioServerParameters, stdio_client

        server = StdioServerParameters(command=sys.executable, args=[str(_CHILD)])
        streams = await self._stack.enter_async_context(stdio_client(server))
        self._session = await self._stack.enter_async_context(ClientSession(*streams))
        self._pid = int((await self._session.initialize()).instructions or 0)

    async def stop(self) -> None:
        self._session = None
        await self._stack.aclose()

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
