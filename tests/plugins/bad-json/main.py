"""Answers begin like JSON and are none; the calls are never answered."""

import json
import sys
from typing import Any

LIFE: dict[str, Any] = {
    "plugin.initialize": {
        "protocol_version": 1,
        "methods": [
            {"name": "answer"},
            {"name": "broken"},
            {"name": "bad_utf8"},
            {"name": "not_a_number"},
            {"name": "no_envelope"},
            {"name": "batch"},
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


BAD = {
    "broken": b'{"jsonrpc":"2.0","id":%d,"result":',
    "bad_utf8": b'{"jsonrpc":"2.0","id":%d,"method":"\xff\xfe"}',
    "not_a_number": b'{"jsonrpc":"2.0","id":%d,"result":NaN}',
    "no_envelope": b'{"id":%d,"result":1}',
    "batch": b'[{"jsonrpc":"2.0","id":%d,"result":1}]',
}


for line in sys.stdin.buffer:
    request: dict[str, Any] = json.loads(line)
    match request.get("method"):
        case str(method) if method in BAD:
            write(BAD[method] % request["id"] + b"\n")
        case str(method) if method in LIFE:
            send({"id": request["id"], "result": LIFE[method]})
        case str(method) if "id" in request:
            send({"id": request["id"], "error": {"code": -32601, "message": f"no method {method}"}})
        case _:
            pass
