"""Rehearsal: one short session in the warden, so that no forked plugin is the first to do anything.

Decoders are built, caches are filled and bytecode is specialised once, in memory that all children share,
instead of in each child's own. Nothing else is left of it: the plugin's module is forgotten, and its loop and
its wire are closed.
"""

import asyncio
import os
import socket
import sys

from plugin_sdk.plugin import Plugin
from plugin_sdk.runtime.entry import load_classes, put_on_path
from plugin_sdk.runtime.forked import STREAMS, open_stream
from plugin_sdk.runtime.session import Session
from protocol import jsonrpc
from protocol.messages.plugin import InitializeParams, LoadParams, Product
from protocol.version import PROTOCOL_VERSIONS, RELEASE

_PACKAGE, _NAME = "plugin_sdk.runtime", "rehearsed"
ENTRY = f"{_PACKAGE}.{_NAME}"
"""Entry point of the plugin that is run."""

_NOWHERE = "/nowhere"
_LIMIT_S = 5.0
"""Longest time that a session may take: a thousand times what it does."""

_READ_BYTES = 64 * 1024
CALLS: tuple[tuple[str, object], ...] = (
    (
        "plugin.initialize",
        InitializeParams(PROTOCOL_VERSIONS, Product("plughost", RELEASE), "rehearsal", "0", "0"),
    ),
    ("plugin.load", LoadParams({}, ())),
    ("answer", {"number": 42}),
    ("answer_later", {"text": "42"}),
    ("plugin.ping", {}),
    ("plugin.unload", {}),
)


def requests() -> bytes:
    """Return what the host of such a session sends."""
    return b"".join(
        jsonrpc.build_request(number, jsonrpc.method_name(name), jsonrpc.encode(params))
        for number, (name, params) in enumerate(CALLS)
    )


def rehearse() -> None:
    """Open what a plugin's process has, and run a session from its first request to its end.

    Raises:
        RuntimeError: It went wrong, and so would every plugin's.
        TimeoutError: It did not end.
    """
    path, finders = sys.path[:], sys.meta_path[:]
    put_on_path(_NOWHERE, _NOWHERE)
    sys.path[:], sys.meta_path[:] = path, finders
    for fd, name, mode in STREAMS:
        open_stream(fd, name, mode)
    ours, theirs = socket.socketpair()
    with ours, asyncio.Runner() as runner:
        answers = runner.run(_converse(ours, theirs.detach()))
    del sys.modules[ENTRY]
    delattr(sys.modules[_PACKAGE], _NAME)
    if answers.count(b'"result":') != len(CALLS):
        raise RuntimeError(f"a rehearsed session failed: {answers.decode(errors='replace')}")


async def _converse(ours: socket.socket, wire: int) -> bytes:
    answers = bytearray()

    def take() -> None:
        answers.extend(ours.recv(_READ_BYTES))
        if answers.count(b'"id":') == len(CALLS):
            ours.shutdown(socket.SHUT_WR)

    session = Session(wire, os.dup(wire), _load_classes)
    ours.sendall(requests())
    loop = asyncio.get_running_loop()
    loop.add_reader(ours, take)
    try:
        async with asyncio.timeout(_LIMIT_S):
            await session.run()
    finally:
        loop.remove_reader(ours)
    return bytes(answers)


def _load_classes() -> list[type[Plugin]]:
    return load_classes([ENTRY])
