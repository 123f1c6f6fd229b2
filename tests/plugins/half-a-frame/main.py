"""Begins an answer and never ends it: once it goes on without a newline, once it exits."""

import json
import sys
from typing import Any

LIFE: dict[str, Any] = {
    "plugin.initialize": {
        "protocol_version": 1,
        "methods": [{"name": "answer"}, {"name": "half"}, {"name": "half_and_exit"}],
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


for line in sys.stdin.buffer:
    request: dict[str, Any] = json.loads(line)
    match request.get("method"):
        case "half":
            write(b'{"jsonrpc":"2.0","id":%d,"resu' % request["id"])
            # Silence from here on: anything more would only end the frame.
            for _ in sys.stdin.buffer:
                pass
        case "half_and_exit":
            write(b'{"jsonrpc":"2.0","id":%d,"resu' % request["id"])
            sys.exit(0)
        case str(method) if method in LIFE:
            send({"id": request["id"], "result": LIFE[method]})
        case str(method) if "id" in request:
            send({"id": request["id"], "error": {"code": -32601, "message": f"no method {method}"}})
        case _:
            pass
