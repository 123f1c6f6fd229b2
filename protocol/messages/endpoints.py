"""`endpoints.*` and `plugin.endpoint`: HTTP requests and their answers as values.

A body is JSON, text or bytes; `encoding` says which, and bytes are base64 in `body`.
"""

from typing import Any, Literal

import msgspec

Encoding = Literal["none", "json", "text", "base64"]


class HttpRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """One request, as the plugin gets it."""

    method: str
    path: str
    params: dict[str, str] = {}
    """What stood in the places of the path's parameters."""
    query: dict[str, list[str]] = {}
    headers: dict[str, str] = {}
    """Names in lower case. `authorization` and `cookie` are not handed on."""
    body: Any = None
    encoding: Encoding = "none"
    principal: str = ""
    """Who asks, as the application calls them; `plugin:<id>` for a plugin."""
    permissions: tuple[str, ...] = ()
    """What they may do."""


class EndpointCall(msgspec.Struct, frozen=True):
    """Parameters of `plugin.endpoint`."""

    endpoint: str
    request: HttpRequest


class HttpResponse(msgspec.Struct, frozen=True, omit_defaults=True):
    """One answer."""

    status: int = 200
    headers: dict[str, str] = {}
    body: Any = None
    encoding: Encoding = "none"


class EndpointRegister(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `endpoints.register`."""

    name: str
    method: str
    path: str
    permissions: tuple[str, ...] = ()


class EndpointPlace(msgspec.Struct, frozen=True):
    """Result of `endpoints.register`."""

    path: str
    """Where it is mounted."""


class EndpointName(msgspec.Struct, frozen=True):
    """Parameters of `endpoints.unregister`."""

    name: str


class EndpointRequest(msgspec.Struct, frozen=True, omit_defaults=True):
    """Parameters of `endpoints.request`: the plugin itself asks."""

    method: str
    path: str
    query: dict[str, list[str]] = {}
    headers: dict[str, str] = {}
    body: Any = None
    encoding: Encoding = "none"
    timeout_s: float | None = None
