"""Model: a server of OpenAI's shape for the demo and the tests; it repeats what it is told."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

KEY = "key-of-the-demo"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.path != "/v1/chat/completions":
            return self._answer(404, {"error": {"message": f"nothing at {self.path}"}})
        if self.headers["authorization"] != f"Bearer {KEY}":
            return self._answer(401, {"error": {"message": "Incorrect API key provided"}})
        said = {one["role"]: one["content"] for one in body["messages"]}
        text = f"{said.get('system', '')} You said: {said['user']}".strip()
        if not body.get("stream"):
            return self._answer(200, {"choices": [{"message": {"role": "assistant", "content": text}}]})
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for word in text.split():
            self._event(json.dumps({"choices": [{"delta": {"content": word + " "}}]}))
        self._event(json.dumps({"choices": [{"delta": {}}]}))
        self._event("[DONE]")
        return None

    def _event(self, data: str) -> None:
        self.wfile.write(f"data: {data}\n\n".encode())

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Generator[str, None, None]:
    """Serve, and yield the base URL."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()
