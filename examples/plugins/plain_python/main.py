"""A whole plugin without the SDK, on the standard library alone: a starting point for other languages.

It reads requests from stdin and writes answers to stdout, one JSON text per line, and it does one thing after
the other. That is enough: requests that come meanwhile wait in the pipe. What it gives up are streams, and
seeing that a call was cancelled before it is done. docs/protocol.md describes the wire in full.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

Params = dict[str, Any]

PROTOCOL_VERSION = 1

PARSE_ERROR = -32700
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603
VERSION_MISMATCH = -32009


class CallFailed(Exception):
    """Becomes an error answer."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


# --- The plugin's own methods: parameters in, anything that JSON can express out. --------------------------


def echo(params: Params) -> Any:
    """Return the parameters as they came."""
    return params


def reverse(params: Params) -> str:
    """Return a text backwards."""
    text = params.get("text")
    if not isinstance(text, str):
        raise CallFailed(INVALID_PARAMS, "parameter 'text': expected a text")
    # Whatever is written to stderr ends in the plugin's log. Never print to stdout: that is the wire.
    print(f"reversing {len(text)} characters", file=sys.stderr)
    return text[::-1]


OWN: dict[str, Callable[[Params], Any]] = {"echo": echo, "reverse": reverse}


# --- What every plugin answers: the life of its process, as the host drives it. ----------------------------


def initialize(params: Params) -> Any:
    """First request: agree on a version and say what is here. It may come without `plugin.load` after it."""
    if PROTOCOL_VERSION not in params["protocol_versions"]:
        raise CallFailed(VERSION_MISMATCH, f"this plugin speaks protocol {PROTOCOL_VERSION} only")
    return {
        "protocol_version": PROTOCOL_VERSION,
        # No `capabilities.meta`: then the host adds no `_meta` to parameters and opens no streams.
        "capabilities": {},
        "methods": [{"name": name} for name in OWN],
    }


def load(params: Params) -> Any:
    """Second request: start to work. `params` holds the configuration and the granted permissions."""
    log("info", "plain-python is ready", {"grants": params["grants"]})
    return {}


def unload(_params: Params) -> Any:
    """Last request: release what was taken. The host closes stdin after the answer, which ends the loop."""
    return {}


def ping(_params: Params) -> Any:
    """Show that requests are still read."""
    return {}


LIFE: dict[str, Callable[[Params], Any]] = {
    "plugin.initialize": initialize,
    "plugin.load": load,
    "plugin.unload": unload,
    "plugin.ping": ping,
}


# --- The wire. ---------------------------------------------------------------------------------------------


def send(message: dict[str, Any]) -> None:
    """Write one line. `json.dumps` puts no raw newline into it, so a line is a message; NaN is no JSON."""
    text = json.dumps({"jsonrpc": "2.0", **message}, allow_nan=False)
    sys.stdout.buffer.write(text.encode() + b"\n")
    # Without flushing, the answer would wait in the buffer while the host waits for the answer.
    sys.stdout.buffer.flush()


def log(level: str, message: str, data: Params) -> None:
    """Write a structured log line: a notification, so it has no id and gets no answer."""
    send({"method": "log.write", "params": {"level": level, "message": message, "data": data}})


def call(method: str, params: Params) -> Any:
    """Run one method."""
    function = LIFE.get(method) or OWN.get(method)
    if function is None:
        raise CallFailed(METHOD_NOT_FOUND, f"there is no method {method!r}")
    return function(params)


def answer(request: dict[str, Any]) -> None:
    """Answer one request, exactly once, whatever happens; the id goes back as it came."""
    try:
        send({"id": request["id"], "result": call(request["method"], request.get("params", {}))})
    except CallFailed as failed:
        send({"id": request["id"], "error": {"code": failed.code, "message": str(failed)}})
    except Exception as exc:  # noqa: BLE001 - the border: one bad call must not end the plugin
        # What an exception says may be private; the caller learns that it failed, the log why.
        print(f"{request['method']} raised {exc!r}", file=sys.stderr)
        send({"id": request["id"], "error": {"code": INTERNAL_ERROR, "message": "the method failed"}})


def main() -> None:
    """Serve until stdin ends; that is the sign to leave, whether or not `plugin.unload` came before it."""
    # Bytes, not text: a text file might also split lines at characters that JSON allows inside of one.
    for line in sys.stdin.buffer:
        try:
            message = json.loads(line)
        except ValueError:
            send({"id": None, "error": {"code": PARSE_ERROR, "message": "the line is not JSON"}})
            continue
        # Only requests have both. A notification gets no answer, even an unknown one such as `$/cancel` here;
        # and this plugin asks the host nothing, so an answer can only report a bad frame.
        if "method" in message and "id" in message:
            answer(message)


if __name__ == "__main__":
    main()
