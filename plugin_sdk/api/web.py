"""`self.api`: HTTP requests to the endpoints of this host's plugins, its own among them, without a network.

response = await self.api.request("/api/plugins/analytics/stats")
response.status, response.data
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from plugin_sdk.api.endpoints import Endpoints
from plugin_sdk.api.host import Link
from plugin_sdk.http import decoded, encoded
from protocol.errors import PluginError

REQUEST_TIMEOUT_S = 30.0
"""Deadline of a request that names none."""

MAX_REASON_CHARS = 500
"""Of an answer's own words in the message of an error."""


class ApiResponse:
    """What an endpoint answered."""

    def __init__(self, status: int, headers: Mapping[str, str], data: Any, *, asked: str = "") -> None:
        """`asked` is what was requested, such as `GET /api/plugins/x/stats`."""
        self.status = status
        self.headers = headers
        """Names in lower case."""
        self.data = data
        """A JSON value, a text or bytes, as it came."""
        self._asked = asked

    @property
    def ok(self) -> bool:
        """Whether the status says success."""
        return 200 <= self.status < 300

    def raise_for_status(self) -> None:
        """Raise PluginError, with the status in its data, unless the status says success.

        Its message says what was asked and, where the answer tells it, why that failed.
        """
        if self.ok:
            return
        said = f"{self._asked or 'the request'} was answered by {self.status}"
        why = _reason(self.data)
        raise PluginError(f"{said}: {why}" if why else said, {"answered": self.status})


def _reason(data: Any) -> str:
    """Return what an answer says of its failure, in one line; empty if it says nothing."""
    error: Any = cast("dict[str, Any]", data).get("error") if isinstance(data, dict) else None
    said: Any = cast("dict[str, Any]", error).get("message") if isinstance(error, dict) else error
    return " ".join(said.split())[:MAX_REASON_CHARS] if isinstance(said, str) else ""


class Web:
    """Makes requests as this plugin: with what was granted to it."""

    def __init__(self, link: Link) -> None:
        self._link = link

    async def request(
        self,
        path: str,
        method: str = "GET",
        body: Any = None,
        params: Mapping[str, Any] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
        timeout_s: float | None = None,
    ) -> ApiResponse:
        """Make a request; `params` go behind the question mark, `body` is JSON, text or bytes.

        What goes wrong is an answer: 508 for an endpoint of a plugin that waits for this one.
        """
        parts = urlsplit(path)
        query = parse_qs(parts.query, keep_blank_values=True)
        for name, value in (params or {}).items():
            many = cast("list[Any]", value if isinstance(value, list | tuple) else [value])
            query[name] = [str(one) for one in many]
        coded, encoding = encoded(body)
        call = {
            "method": method.upper(),
            "path": parts.path,
            "query": query,
            "headers": dict(headers or {}),
            "body": coded,
            "encoding": encoding,
            "timeout_s": timeout_s,
        }
        budget_s = REQUEST_TIMEOUT_S if timeout_s is None else timeout_s
        answer = await self._link.call_host("endpoints.request", call, budget_s)
        data = decoded(answer.get("body"), answer.get("encoding", "none"))
        asked = f"{call['method']} {parts.path}"
        return ApiResponse(answer.get("status", 200), answer.get("headers", {}), data, asked=asked)

    async def register_endpoint(
        self,
        method: str | Mapping[str, Any],
        path: str = "",
        handler: Callable[..., Any] | None = None,
        permissions: Sequence[str] = (),
    ) -> str:
        """Do as `self.endpoints.register`."""
        return await Endpoints(self._link).register(method, path, handler, permissions)
