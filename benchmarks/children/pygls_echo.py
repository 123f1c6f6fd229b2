"""The child of the pygls contestant."""

import os
from importlib import import_module
from typing import Any

# Imported by name: their annotations are not complete enough for a strict check.
_protocol: Any = import_module("pygls.protocol")
_server: Any = import_module("pygls.server")

server = _server.JsonRPCServer(_protocol.JsonRPCProtocol, _protocol.default_converter)
taken = 0


@server.feature("echo")
async def echo(params: Any) -> Any:
    # It makes named tuples of objects, which it would answer as arrays.
    return params.value if isinstance(params.value, str) else params.value._asdict()


@server.feature("happened")
async def happened(params: Any) -> None:
    global taken
    taken += 1


@server.feature("taken")
async def how_many(_params: Any) -> int:
    return taken


@server.feature("pid")
async def pid(_params: Any) -> int:
    return os.getpid()


if __name__ == "__main__":
    server.start_io()
