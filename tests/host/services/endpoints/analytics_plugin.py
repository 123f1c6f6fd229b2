"""A plugin with endpoints, for their tests."""

from collections.abc import Callable
from pathlib import Path

from host import (
    Principal,
)

Write = Callable[..., Path]
READER = Principal("ada", ["read:sessions"])

ANALYTICS = """
import asyncio
from plugin_sdk import HttpError, Request, Response, endpoint


class Analytics(Plugin):
    async def on_load(self) -> None:
        await self.api.register_endpoint({
            "method": "GET",
            "path": "/api/plugins/analytics/stats",
            "handler": self.get_stats,
            "permissions": ["read:sessions"],
        })

    async def get_stats(self, req, res):
        res.json({"total": 7, "by": req.query.get("by", "")})

    @method
    async def report(self) -> Any:
        response = await self.api.request("/api/plugins/analytics/stats", params={"by": "user"})
        return [response.status, response.data]

    @endpoint("GET", "/items/{id}")
    async def item(self, request: Request, id: int, deep: bool = False) -> dict[str, Any]:
        return {"id": id, "deep": deep, "who": request.principal, "headers": sorted(request.headers)}

    @endpoint("GET", "/items/latest")
    def latest(self):
        return "the latest"

    @endpoint("POST", "items")
    async def create(self, body: dict[str, int]) -> Response:
        return Response(body, 201, {"Location": "/items/1"})

    @endpoint("PUT", "/raw")
    async def raw(self, req) -> bytes:
        return bytes(reversed(req.content()))

    @endpoint("DELETE", "/items/{id}")
    async def delete(self, id: int) -> None:
        if id == 1:
            raise HttpError(409, "it is in use", {"by": "ada"})
        if id == 2:
            raise PluginError("no such item", {"status": 410})
        if id == 3:
            raise PluginError("the disk is full")
        if id == 4:
            raise KeyError("secret")

    @endpoint("GET", "/slow")
    async def slow(self) -> None:
        await asyncio.Event().wait()

    @endpoint("GET", "/bad-header")
    async def bad_header(self) -> Response:
        return Response("x", headers={"x-a": "1\\r\\nset-cookie: a=b"})

    @endpoint("GET", "/bad-status")
    async def bad_status(self) -> Response:
        return Response("x", status=9000)

    @method
    async def register(self, method: str, path: str, permissions: list[str] = []) -> str:
        return await self.endpoints.register(method, path, self.latest, permissions)

    @method
    async def unregister(self, method: str, path: str) -> None:
        await self.endpoints.unregister(method, path)
"""
