"""The child of the MCP contestant, written as the SDK's own documentation begins."""

import os
from typing import Any

from mcp.server import MCPServer

# The client of the SDK does not tell the pid of the server that it starts.
server = MCPServer("echo", instructions=str(os.getpid()), log_level="ERROR")


@server.tool()
async def echo(value: Any) -> Any:
    return value


if __name__ == "__main__":
    server.run("stdio")
