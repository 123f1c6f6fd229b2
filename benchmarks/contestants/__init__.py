"""Who is measured, in the order of the table's columns."""

from benchmarks.contestant import Contestant
from benchmarks.contestants.floor_asyncio import FloorAsyncio
from benchmarks.contestants.floor_blocking import FloorBlocking
from benchmarks.contestants.mcp_sdk import McpSdk
from benchmarks.contestants.plughost import Plughost

CONTESTANTS: tuple[type[Contestant], ...] = (Plughost, FloorBlocking, FloorAsyncio, McpSdk)
