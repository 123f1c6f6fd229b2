"""Outside: Slack, Jira and GitHub in miniature, on one port of this machine; for the demo and for tests.

It answers in the shape of the real ones and puts what it was asked into a queue. No part of the service.
"""

import json
import queue
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Final, Self, cast

REPOS: Final[list[dict[str, Any]]] = [
    {
        "name": "data-science-lab",
        "description": "Notebooks and friends",
        "topics": ["streamspace-template", "jupyter"],
        "html_url": "https://github.com/acme/data-science-lab",
    },
    {
        "name": "website",
        "description": None,
        "topics": [],
        "html_url": "https://github.com/acme/website",
    },
]
"""What the organisation `acme` has."""

ANSWERS: Final[dict[tuple[str, str], tuple[int, Any]]] = {
    ("POST", "/slack"): (200, {"ok": True}),
    ("POST", "/rest/api/2/issue"): (201, {"id": "10001", "key": "SUP-1"}),
    ("GET", "/orgs/acme/repos?type=public"): (200, REPOS),
    ("POST", "/repos/acme/tracking/issues"): (201, {"number": 1}),
    ("POST", "/api"): (200, {"accepted": True}),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """One request."""

    method: str
    path: str
    authorization: str
    body: Any


class Outside:
    """The services. Use it as `with Outside() as outside:`."""

    def __init__(self) -> None:
        self.asked: queue.SimpleQueue[Asked] = queue.SimpleQueue()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.asked = self.asked
        self.port: int = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def config(self) -> dict[str, dict[str, Any]]:
        """Return configuration for the example plugins, by plugin id: all of them talk to this."""
        slack, jira = f"{self.url}/slack", {"jiraUrl": self.url, "jiraUsername": "bot"}
        return {
            "background-sync": {"host": "127.0.0.1", "port": self.port},
            "configured": {"apiKey": "key-1234567890", "webhookUrl": f"{self.url}/api"},
            "github": {
                "apiUrl": self.url,
                "githubToken": "github-token",
                "orgName": "acme",
                "trackingRepo": "tracking",
            },
            "parallel-work": {"slackUrl": slack, "jiraUrl": self.url},
            "rate-limited": {"apiUrl": f"{self.url}/api"},
            "session-tickets": {"slackWebhookUrl": slack, "jiraApiToken": "jira-token", **jira},
            "slack": {"webhookUrl": slack},
            "slack-jira": {
                "slackEnabled": True,
                "slackWebhookUrl": slack,
                "jiraEnabled": True,
                "jiraApiToken": "jira-token",
                **jira,
            },
        }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    asked: queue.SimpleQueue[Asked]


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        size = int(self.headers["Content-Length"])
        self._answer(json.loads(self.rfile.read(size)))

    def _answer(self, body: Any) -> None:
        cast("_Server", self.server).asked.put(
            Asked(self.command, self.path, self.headers.get("Authorization", ""), body)
        )
        status, data = ANSWERS.get((self.command, self.path), (404, {"message": "Not Found"}))
        content = json.dumps(data).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        pass
