"""Breaks the rules of ids: answers that nobody asked for, a second answer, one id for two requests."""

import json
import sys
from typing import Any

LIFE: dict[str, Any] = {
    "plugin.initialize": {
        "protocol_version": 1,
        "methods": [
            {"name": "answer"},
            {"name": "forge"},
            {"name": "twice"},
            {"name": "duplicate"},
            {"name": "odd"},
        ],
    },
    "plugin.load": {},
    "plugin.unload": {},
    "plugin.ping": {},
    "answer": 42,
}


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def send(message: dict[str, Any]) -> None:
    write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


NEVER_ASKED: list[Any] = [999_999, -1, "text", 2**63]
NOT_IDS: list[Any] = [None, "x" * 1_000, 2**70]


for line in sys.stdin.buffer:
    request: dict[str, Any] = json.loads(line)
    match request.get("method"):
        case "forge":
            for never_asked in NEVER_ASKED:
                send({"id": never_asked, "result": "forged"})
            send({"id": request["id"], "result": "asked"})
        case "twice":
            send({"id": request["id"], "result": "first"})
            send({"id": request["id"], "result": "second"})
        case "duplicate":
            # Both stand in one write, and the first one waits for this process: it is under way still.
            params = b'{"plugin":"forged-ids","method":"answer"}'
            ask = b'{"jsonrpc":"2.0","id":7,"method":"plugins.call","params":%b}\n' % params
            write(ask + ask)
            send({"id": request["id"], "result": "asked twice under one id"})
        case "odd":
            for odd in NOT_IDS:
                send({"id": odd, "method": "host.info", "params": {}})
            send({"id": request["id"], "result": "asked under ids that are none"})
        case str(method) if method in LIFE:
            send({"id": request["id"], "result": LIFE[method]})
        case str(method) if "id" in request:
            send({"id": request["id"], "error": {"code": -32601, "message": f"no method {method}"}})
        case _:
            pass
