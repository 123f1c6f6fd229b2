"""Who is measured, in the order of the tables' lines."""

from benchmarks.contestant import Contestant
from benchmarks.contestants.execnet_gateway import ExecnetGateway
from benchmarks.contestants.floor_asyncio import FloorAsyncio, FloorUvloop
from benchmarks.contestants.floor_blocking import FloorBlocking
from benchmarks.contestants.go_plugin import GoGrpc, GoNetRpc
from benchmarks.contestants.mcp_sdk import McpSdk
from benchmarks.contestants.plughost import Plughost, PlughostExec, PlughostPolling, PlughostUvloop
from benchmarks.contestants.pygls_client import PyglsClient
from benchmarks.contestants.pyln_plugin import PylnPlugin
from benchmarks.contestants.rpyc_pipe import RpycPipe
from benchmarks.contestants.vscode_jsonrpc import VscodeJsonrpc

CONTESTANTS: tuple[type[Contestant], ...] = (
    Plughost,
    PlughostExec,
    PlughostUvloop,
    PlughostPolling,
    FloorBlocking,
    FloorAsyncio,
    FloorUvloop,
    GoNetRpc,
    GoGrpc,
    RpycPipe,
    ExecnetGateway,
    PylnPlugin,
    VscodeJsonrpc,
    PyglsClient,
    McpSdk,
)
