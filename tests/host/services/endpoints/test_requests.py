"""HTTP endpoints through real plugin processes, without a web server."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import (
    PluginHost,
    Principal,
    Request,
)
from host.errors import InvalidParams
from tests.host.services.endpoints.analytics_plugin import ANALYTICS, READER

Write = Callable[..., Path]
AT = "/api/plugins/session-analytics"


async def test_relative_and_absolute_paths_answer_where_they_are_mounted(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        assert ("GET", "/api/plugins/analytics/stats", ("sessions:read",)) in [
            (one.method, one.path, one.permissions) for one in host.endpoints.list("session-analytics")
        ]
        stats = await host.dispatch(Request("GET", "/api/plugins/analytics/stats?by=day"), READER)
        assert (stats.status, stats.data) == (200, {"total": 7, "by": "day"})
        assert json.loads(stats.content) == stats.data
        headers = {"Accept": "*/*", "Authorization": "Bearer x", "Cookie": "a=b"}
        item = await host.dispatch(Request("GET", f"{AT}/items/4/", {"deep": "true"}, headers), READER)
        assert item.data == {"id": 4, "deep": True, "who": "ada", "headers": ["accept"]}
        latest = await host.dispatch(Request("get", f"{AT}/items/latest"))
        assert (latest.data, latest.headers["content-type"]) == ("the latest", "text/plain; charset=utf-8")
        created = await host.dispatch(Request("POST", f"{AT}/items", body={"a": 1}))
        assert (created.status, created.data, created.headers["location"]) == (201, {"a": 1}, "/items/1")


async def test_bodies_go_both_ways_as_json_text_and_bytes(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        raw = await host.dispatch(Request("PUT", f"{AT}/raw", body=b"\x00\xff\x01"))
        assert (raw.data, raw.content) == (b"\x01\xff\x00", b"\x01\xff\x00")
        assert raw.headers["content-type"] == "application/octet-stream"
        as_json = {"Content-Type": "application/json; charset=utf-8"}
        assert (
            await host.dispatch(Request("POST", f"{AT}/items", headers=as_json, body=b'{"b": 2}'))
        ).data == {"b": 2}
        broken = await host.dispatch(Request("POST", f"{AT}/items", headers=as_json, body=b"{"))
        assert (broken.status, broken.data["error"]["code"]) == (400, "bad_request")
        wrong = await host.dispatch(Request("POST", f"{AT}/items", body={"b": "text"}))
        assert wrong.status == 422
        text = await host.dispatch(Request("PUT", f"{AT}/raw", body="äb"))
        assert text.content == "äb".encode()[::-1]


async def test_a_plugin_asks_its_own_endpoint_with_what_was_granted_to_it(
    place: Path, write_plugin: Write
) -> None:
    async with PluginHost([place], autoload=True) as host:
        assert await host.call("session-analytics", "report") == [200, {"total": 7, "by": "user"}]
        await host.permissions.revoke("session-analytics", "sessions:read")
        assert (await host.call("session-analytics", "report"))[0] == 403
    write_plugin("session-analytics", ANALYTICS)
    async with PluginHost([place], autoload=True) as host:
        status, data = await host.call("session-analytics", "report")
        assert status == 403
        assert data["error"]["permission"] == "sessions:read"
        assert "plugin:session-analytics" in data["error"]["message"]


async def test_whoever_may_not_or_asks_wrongly_is_told_so(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:

        async def status(method: str, path: str, **more: Any) -> tuple[int, Any]:
            answer = await host.dispatch(Request(method, path, **more), READER)
            return answer.status, answer.data and answer.data["error"]

        denied = await host.dispatch(
            Request("GET", "/api/plugins/analytics/stats"), Principal("bob", ["sessions:write"])
        )
        assert (denied.status, denied.data["error"]["permission"]) == (403, "sessions:read")
        missing = await host.dispatch(Request("GET", "/api/plugins/analytics/stat"))
        assert (missing.status, missing.data["error"]["near"][0]) == (404, "/api/plugins/analytics/stats")
        wrong = await host.dispatch(Request("PATCH", f"{AT}/items/4"))
        assert (wrong.status, wrong.headers["allow"]) == (405, "DELETE, GET, HEAD, OPTIONS")
        options = await host.dispatch(Request("OPTIONS", f"{AT}/items/4"))
        assert (options.status, options.headers["allow"]) == (204, "DELETE, GET, HEAD, OPTIONS")
        head = await host.dispatch(Request("HEAD", f"{AT}/items/latest"))
        assert (head.status, head.content, head.headers["content-length"]) == (200, b"", "10")
        assert (await status("GET", f"{AT}/items/x"))[0] == 404
        assert (await status("GET", f"{AT}/items/4", query={"deep": "maybe"}))[0] == 400
        assert (await status("GET", f"{AT}/../items"))[0] == 400
        assert (await status("GET", f"{AT}/%2e%2e/items"))[0] == 400
        assert (await status("GET", f"{AT}/items/%0d%0a"))[0] == 400
        assert (await status("GET", f"{AT}/items/%ff"))[0] == 400
        assert (await status("GE T", f"{AT}/items"))[0] == 400
        assert (await status("GET", f"{AT}/items/4", headers={"x": "a\r\nb: c"}))[0] == 400
        assert (await status("GET", f"{AT}/items/4", headers={"x": "a" * 70_000}))[0] == 431
        assert (await status("PUT", f"{AT}/raw", body=b"x" * (10 * 1024 * 1024 + 1)))[0] == 413
        assert (await status("POST", f"{AT}/items", body=object()))[0] == 400


async def test_what_a_handler_raises_becomes_an_answer(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:

        async def delete(number: int) -> tuple[int, Any]:
            answer = await host.dispatch(Request("DELETE", f"{AT}/items/{number}"))
            return answer.status, answer.data and answer.data["error"]

        assert await delete(0) == (204, None)
        assert await delete(1) == (
            409,
            {"code": "plugin_error", "message": "it is in use", "data": {"by": "ada"}},
        )
        assert (await delete(2))[0] == 410
        assert (await delete(3)) == (500, {"code": "plugin_error", "message": "the disk is full"})
        status, error = await delete(4)
        assert (status, error["code"]) == (500, "plugin_incident")
        assert "secret" not in str(error)
        slow = await host.dispatch(Request("GET", f"{AT}/slow"), timeout_s=0.2)
        assert (slow.status, slow.data["error"]["code"]) == (504, "deadline_exceeded")
        for path in ("bad-header", "bad-status"):
            bad = await host.dispatch(Request("GET", f"{AT}/{path}"))
            assert (bad.status, bad.data["error"]["code"]) == (502, "invalid_result")
            assert "set-cookie" not in bad.headers


async def test_a_crashed_plugins_places_answer_503_and_a_stopped_ones_404(
    plugins: Path, write_plugin: Write, until: Callable[..., Any]
) -> None:
    write_plugin(
        "dies",
        "import os\nfrom plugin_sdk import endpoint\n\nclass Dies(Plugin):\n"
        "    @endpoint('GET', '/die')\n    async def die(self): os._exit(3)\n",
    )
    async with PluginHost([plugins], autoload=True) as host:
        died = await host.dispatch(Request("GET", "/api/plugins/dies/die"))
        assert died.status == 503
        await until(host, "dies", "backoff")
        away = await host.dispatch(Request("GET", "/api/plugins/dies/die"))
        assert (away.status, away.data["error"]["code"]) == (503, "not_active")
        await host.unload("dies")
        gone = await host.dispatch(Request("GET", "/api/plugins/dies/die"))
        assert gone.status == 404


@pytest.mark.parametrize(
    ("permissions", "shown"), [(["superuser"], "'superuser'"), ([5], "5"), ("sessions:read", "list")]
)
def test_a_principal_that_holds_what_is_no_permission_is_refused_where_it_is_made(
    permissions: Any, shown: str
):
    with pytest.raises(InvalidParams, match=f"permissions: found .*{shown}"):
        Principal("eve", permissions)
