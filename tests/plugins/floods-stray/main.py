"""Writes lines that are no messages, as a stray debug print in a loop would; answers calls beside it."""

import json
import os
import signal
import sys
import threading
from typing import Any

LIFE: dict[str, Any] = {
    "plugin.initialize": {"protocol_version": 1, "methods": [{"name": "answer"}, {"name": "flood"}]},
    "plugin.load": {},
    "plugin.unload": {},
    "plugin.ping": {},
    "answer": 42,
}
BLOCK = b"Traceback (most recent call last): not really\n" * 1_000

# One writer at a time, or the flood would cut answers in two: that is another vice.
lock = threading.Lock()


def write(data: bytes) -> None:
    with lock:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()


def send(message: dict[str, Any]) -> None:
    write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


def flood() -> None:
    while True:
        write(BLOCK)


for line in sys.stdin.buffer:
    request: dict[str, Any] = json.loads(line)
    match request.get("method"):
        case "flood":
            send({"id": request["id"], "result": "flooding"})
            signal.alarm(120)  # the safety net: if nobody ends this process, the kernel does
            threading.Thread(target=flood, daemon=True).start()
        case str(method) if method in LIFE:
            send({"id": request["id"], "result": LIFE[method]})
        case str(method) if "id" in request:
            send({"id": request["id"], "error": {"code": -32601, "message": f"no method {method}"}})
        case _:
            pass

# An ordinary exit could wait for the lock that the flood holds.
os._exit(0)
