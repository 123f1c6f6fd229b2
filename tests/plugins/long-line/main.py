"""Answers with a line of 32 MiB, twice as long as a frame may be; lives on behind it."""

import json
import sys
from typing import Any

LIFE: dict[str, Any] = {
    "plugin.initialize": {"protocol_version": 1, "methods": [{"name": "answer"}, {"name": "shout"}]},
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


CHUNK = b"a" * 65_536
CHUNKS = 512


for line in sys.stdin.buffer:
    request: dict[str, Any] = json.loads(line)
    match request.get("method"):
        case "shout":
            write(b'{"jsonrpc":"2.0","id":%d,"result":"' % request["id"])
            for _ in range(CHUNKS):
                write(CHUNK)
            write(b'"}\n')
        case str(method) if method in LIFE:
            send({"id": request["id"], "result": LIFE[method]})
        case str(method) if "id" in request:
            send({"id": request["id"], "error": {"code": -32601, "message": f"no method {method}"}})
        case _:
            pass
