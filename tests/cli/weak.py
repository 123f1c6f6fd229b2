"""Weak: a plugin that does not bear one fault of `plughost chaos`, and what is said of it."""

from dataclasses import dataclass
from typing import Final

_HEAD: Final = """
import asyncio, os, signal, threading, time
from typing import Any
from plugin_sdk import Plugin, RpcError, command, endpoint, every, hook, method, on

class Weak(Plugin):
"""

PLAIN: Final = """
import json, os, sys

def send(message):
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\\n")
    sys.stdout.flush()

WEAKNESS = "%s"
if WEAKNESS == "impatient":
    os.set_blocking(1, False)
SCHEMA = {"name": "name", "required": True, "schema": {"type": "string"}}
for line in sys.stdin:
    try:
        asked = json.loads(line)
    except ValueError:
        if WEAKNESS == "lines":
            raise
        continue
    if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
        continue
    method, params = asked["method"], asked.get("params") or {}
    if "id" not in asked:
        if WEAKNESS == "notifications" or (WEAKNESS == "cancel" and method == "$/cancel"):
            raise SystemExit(3)
        continue
    if method == "plugin.initialize":
        send({"id": asked["id"], "result": {"protocol_version": 1, "methods": [{"name": "greet"}]}})
    elif method == "rpc.discover":
        send({"id": asked["id"], "result": {"methods": [{"name": "greet", "params": [SCHEMA]}]}})
    elif method in ("plugin.load", "plugin.unload", "plugin.ping"):
        send({"id": asked["id"], "result": {}})
    elif method == "greet":
        if WEAKNESS == "unknown" and set(params) - {"name", "_meta"}:
            raise SystemExit(4)
        send({"id": asked["id"], "result": "Hello " + params["name"] if WEAKNESS == "missing" else ""})
    elif WEAKNESS == "anything":
        send({"id": asked["id"], "result": None})
    else:
        send({"id": asked["id"], "error": {"code": -32601, "message": "there is no method " + method}})
while WEAKNESS == "stays":
    __import__("time").sleep(1)
"""

_COMMAND: Final = 'command = ["python3", "main.py"]\n'


@dataclass(frozen=True, slots=True)
class Weak:
    """One."""

    fault: str
    code: str
    said: str
    """Found in what happened."""
    manifest: str = ""
    plain: bool = False

    @property
    def source(self) -> str:
        """The plugin's file."""
        return PLAIN.replace("%s", self.code) if self.plain else _HEAD + self.code
