"""Answers `plugin.load` and reads nothing from then on."""

import json
import signal
import sys
import time
from typing import Any

LIFE: dict[str, Any] = {
    "plugin.initialize": {"protocol_version": 1, "methods": [{"name": "answer"}]},
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
        case "plugin.load":
            send({"id": request["id"], "result": {}})
            break
        case str(method) if method in LIFE:
            send({"id": request["id"], "result": LIFE[method]})
        case str(method) if "id" in request:
            send({"id": request["id"], "error": {"code": -32601, "message": f"no method {method}"}})
        case _:
            pass

signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
time.sleep(120)
