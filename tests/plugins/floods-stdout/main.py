"""Writes one line that never ends, as fast as it is read."""

import json
import signal
import sys
from typing import Any

LIFE: dict[str, Any] = {
    "plugin.initialize": {"protocol_version": 1, "methods": [{"name": "answer"}, {"name": "flood"}]},
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


CHUNK = b"x" * 65_536


for line in sys.stdin.buffer:
    request: dict[str, Any] = json.loads(line)
    match request.get("method"):
        case "flood":
            send({"id": request["id"], "result": "flooding"})
            signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
            while True:
                write(CHUNK)
        case str(method) if method in LIFE:
            send({"id": request["id"], "result": LIFE[method]})
        case str(method) if "id" in request:
            send({"id": request["id"], "error": {"code": -32601, "message": f"no method {method}"}})
        case _:
            pass
