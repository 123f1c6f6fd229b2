"""Leaves a grandchild behind that holds all three pipes, then exits: the pipes do not end with the plugin."""

import json
import os
import sys
import time
from typing import Any

LIFE: dict[str, Any] = {
    "plugin.initialize": {"protocol_version": 1, "methods": [{"name": "answer"}, {"name": "fork"}]},
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


def fork_grandchild() -> int:
    """Return the pid of a process whose parent is gone."""
    read_fd, write_fd = os.pipe()
    if os.fork():
        os.close(write_fd)
        os.wait()
        return int(os.read(read_fd, 32))
    pid = os.fork()
    if pid:
        os.write(write_fd, b"%d" % pid)
        os._exit(0)
    os.close(read_fd)
    os.close(write_fd)
    time.sleep(120)
    os._exit(0)


for line in sys.stdin.buffer:
    request: dict[str, Any] = json.loads(line)
    match request.get("method"):
        case "fork":
            send({"id": request["id"], "result": fork_grandchild()})
            sys.exit(0)
        case str(method) if method in LIFE:
            send({"id": request["id"], "result": LIFE[method]})
        case str(method) if "id" in request:
            send({"id": request["id"], "error": {"code": -32601, "message": f"no method {method}"}})
        case _:
            pass
