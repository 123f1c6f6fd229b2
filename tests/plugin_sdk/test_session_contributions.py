"""Commands, endpoints, additions to user interfaces and schedules: the plugin's side of the wire."""

import base64
import re
from typing import Any, ClassVar

import msgspec
import pytest

from plugin_sdk import (
    Context,
    HttpError,
    Plugin,
    Request,
    Response,
    RpcError,
    Tick,
    command,
    cron,
    endpoint,
    every,
    menu_item,
    method,
    widget,
)
from plugin_sdk.http import ResponseRecorder
from protocol import errors
from protocol.incoming import Inbound
from tests.plugin_sdk.session_host import HostSide, refused, session, started


class Offering(Plugin):
    theme: ClassVar[dict[str, Any]] = {"colors": {}}

    @command("sync", description="Sync")
    async def sync(self, context: Context, repo: str, deep: bool = False) -> list[Any]:
        return [context.method, repo, deep]

    @command
    def whole(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take all.

        More.
        """
        return args

    @endpoint("GET", "/items/{id}", permissions=["items:read"])
    async def item(self, request: Request, context: Context, id: int, tags: list[str], q: str = "x") -> Any:
        return [request.params, context.method, id, tags, q]

    @endpoint("POST", "/items")
    def create(self, req: Request, res: ResponseRecorder) -> None:
        res.status(201).header("x-a", "b").json(req.body)

    @endpoint("PUT", "/raw")
    async def raw(self, body: bytes) -> bytes:
        return body[::-1]

    @endpoint("PUT", "/text")
    async def text(self, body: str, request: Request) -> Response:
        return Response(body, headers={"content-type": "text/css", "x-json": str(request.json())})

    @endpoint("PUT", "/typed")
    async def typed(self, body: list[int]) -> int:
        return sum(body)

    @endpoint("DELETE", "/items")
    async def delete(self, res: ResponseRecorder, q: str) -> None:
        if q == "http":
            raise HttpError(409, "in use", ["ada"])
        if q == "host":
            await self.api.request("/api/x")
        res.send("gone").end()

    @every(hours=1)
    @cron("0 3 * * *")
    async def report(self, tick: Tick) -> None:
        self.log.info("report", due=tick.due.isoformat(), missed=tick.missed)

    @every(minutes=1)
    def plain(self) -> None:
        self.log.info("plain")

    @widget(title="W", kind="stat")
    def count(self) -> int:
        return 7

    @menu_item("Go", icon="star")
    async def go(self) -> str:
        return "gone"

    def late(self, args: dict[str, Any]) -> dict[str, Any]:
        return args

    @method
    async def register(self) -> list[Any]:
        await self.commands.register({"name": "late", "handler": self.late, "description": "d"})
        place = await self.api.register_endpoint({"method": "get", "path": "/late", "handler": lambda: 1})
        timer = await self.schedule.every(self.plain, seconds=5)
        other = await self.schedule.cron(self.plain, "* * * * *", tz="UTC", name="minutely", missed="all")
        await self.ui.register_widget("w", {"title": "W"}, handler=lambda: 1)
        item = await self.ui.add_menu_item(label="Do It!", handler=self.go)
        await self.ui.set_theme({"spacing": 8})
        return [place, timer, other, item, await self.commands.invoke("other", "x", {"a": 1})]

    @method
    async def withdraw(self) -> None:
        await self.commands.unregister("late")
        await self.endpoints.unregister("GET", "/late")
        await self.schedule.cancel("plain-2")
        await self.ui.remove("widget", "w")

    @method
    async def again(self) -> None:
        await self.commands.register("late", self.go)


class Labelled(Plugin):
    @method
    async def register(self, labels: list[str]) -> list[str]:
        return [await self.ui.add_menu_item(label=label) for label in labels]


async def test_a_menu_item_has_a_name_in_whatever_letters_its_label_is() -> None:
    labels = ["Отчёт", "日本", "Отчёт 2", "Список 2", "x" * 100, "!"]
    async with started(Labelled) as host:
        asked = answer(host)
        names = await host.call("register", {"labels": labels})
    assert [params["name"] for _, params in asked] == names
    assert len(set(names)) == len(labels)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", name) for name in names)
    async with started(Labelled) as host:
        answer(host)
        assert await host.call("register", {"labels": labels}) == names, "they stay the same"


def answer(host: HostSide) -> list[tuple[str, Any]]:
    """Have the host take every registration; return what it was asked."""
    asked: list[tuple[str, Any]] = []

    async def take(inbound: Inbound) -> Any:
        params = msgspec.json.decode(inbound.params)
        params.pop("_meta", None)
        asked.append((inbound.method, params))
        return {"path": "/api/plugins/sample/late"} if inbound.method == "endpoints.register" else {}

    for area in ("commands", "endpoints", "ui", "schedule"):
        for verb in ("register", "unregister", "invoke"):
            host.handlers[f"{area}.{verb}"] = take
    return asked


async def test_decorators_are_declared_in_the_handshake() -> None:
    async with session(lambda: Offering) as host:
        provides = (await host.start())["provides"]
        assert [one["name"] for one in provides["commands"]] == ["sync", "whole"]
        assert provides["commands"][0]["params"]["required"] == ["repo"]
        assert provides["commands"][1]["description"] == "Take all."
        assert provides["endpoints"][0]["permissions"] == ["items:read"]
        assert {one["name"] for one in provides["schedules"]} == {"report", "report-2", "plain"}
        assert [(one["kind"], one["name"]) for one in provides["ui"]] == [
            ("widget", "count"),
            ("menu_item", "go"),
            ("theme", "sample"),
        ]


async def test_commands_are_run_and_wrong_ones_refused() -> None:
    async with started(Offering) as host:
        done = await host.call("plugin.command", {"command": "sync", "params": {"repo": "x"}})
        assert done == {"success": True, "result": ["plugin.command", "x", False]}
        done = await host.call("plugin.command", {"command": "whole", "params": {"a": [1]}})
        assert done["result"] == {"a": [1]}
        error = await refused(host.call("plugin.command", {"command": "sync", "params": {"repo": 1}}))
        assert error.code == errors.INVALID_PARAMS
        error = await refused(host.call("plugin.command", {"command": "synk"}))
        assert (error.code, error.data) == (errors.METHOD_NOT_FOUND, {"near": ["sync"]})
        error = await refused(host.call("plugin.command", {"command": 7}))
        assert error.code == errors.INVALID_PARAMS
        # What nobody declared is no command, whatever the class has.
        assert (
            await refused(host.call("plugin.command", {"command": "again"}))
        ).code == errors.METHOD_NOT_FOUND


async def ask(host: HostSide, name: str, **request: Any) -> dict[str, Any]:
    verb, _, path = name.partition(" ")
    call = {"endpoint": name, "request": {"method": verb, "path": path, **request}}
    return await host.call("plugin.endpoint", call)


async def test_endpoints_fill_parameters_and_answer_as_they_like() -> None:
    async with started(Offering) as host:
        query = {"tags": ["a", "b"]}
        found = await ask(host, "GET /items/{id}", params={"id": "4"}, query=query)
        assert found["body"] == [{"id": "4"}, "plugin.endpoint", 4, ["a", "b"], "x"]
        created = await ask(host, "POST /items", body={"x": 1}, encoding="json")
        assert (created["status"], created["headers"]["x-a"], created["body"]) == (201, "b", {"x": 1})
        coded = base64.b64encode(b"ab").decode()
        assert (await ask(host, "PUT /raw", body=coded, encoding="base64"))["body"] == base64.b64encode(
            b"ba"
        ).decode()
        text = await ask(host, "PUT /text", body="[1]", encoding="text")
        assert (text["body"], text["encoding"], text["headers"]["x-json"]) == ("[1]", "text", "[1]")
        assert (await ask(host, "PUT /typed", body=[1, 2], encoding="json"))["body"] == 3
        assert (await ask(host, "DELETE /items", query={"q": ["x"]}))["body"] == "gone"


@pytest.mark.parametrize(
    ("name", "request_", "status"),
    [
        ("GET /items/{id}", {"params": {"id": "x"}, "query": {"tags": ["a"]}}, 404),
        ("GET /items/{id}", {"params": {"id": "1"}}, 400),
        ("PUT /typed", {"body": ["a"], "encoding": "json"}, 422),
        ("PUT /typed", {"body": "[", "encoding": "text"}, 400),
        ("PUT /raw", {"body": "!", "encoding": "base64"}, 400),
        ("DELETE /items", {"query": {"q": ["http"]}}, 409),
        ("DELETE /items", {"query": {"q": ["host"]}}, 500),
    ],
)
async def test_what_is_wrong_is_an_answer(name: str, request_: dict[str, Any], status: int) -> None:
    async with started(Offering) as host:

        async def deny(inbound: Inbound) -> Any:
            raise RpcError(errors.DENIED, "no")

        host.handlers["endpoints.request"] = deny
        answered = await ask(host, name, **request_)
        assert answered["status"] == status
        assert answered["body"]["error"]["message"]


async def test_ticks_widgets_and_menu_items_reach_their_functions() -> None:
    async with started(Offering) as host:
        await host.call("plugin.tick", {"schedule": "report", "due": 60.0, "missed": 2})
        await host.call("plugin.tick", {"schedule": "plain", "due": 60.0})
        assert host.logs[0]["data"] == {"due": "1970-01-01T00:01:00+00:00", "missed": 2}
        assert host.logs[1]["message"] == "plain"
        assert await host.call("plugin.widget", {"widget": "count"}) == 7
        assert await host.call("plugin.action", {"item": "go"}) == "gone"
        for name, params in (
            ("tick", {"schedule": "x", "due": 0}),
            ("widget", {"widget": "x"}),
            ("action", {"item": "x"}),
        ):
            assert (await refused(host.call(f"plugin.{name}", params))).code == errors.METHOD_NOT_FOUND
            assert (await refused(host.call(f"plugin.{name}", {}))).code == errors.INVALID_PARAMS
        await host.call("plugin.unload")
        await host.call("plugin.tick", {"schedule": "plain", "due": 60.0})
        assert len(host.logs) == 2


async def test_registrations_in_code_go_to_the_host_and_are_withdrawn() -> None:
    async with started(Offering) as host:
        asked = answer(host)
        assert await host.call("register") == ["/api/plugins/sample/late", "plain-2", "minutely", "do-it", {}]
        methods = [name for name, _ in asked]
        assert methods.count("schedule.register") == 2
        assert dict(asked)["schedule.register"] == {
            "name": "minutely",
            "cron": "* * * * *",
            "tz": "UTC",
            "missed": "all",
        }
        assert (await host.call("plugin.command", {"command": "late", "params": {"a": 1}}))["result"] == {
            "a": 1
        }
        assert (await ask(host, "GET /late"))["body"] == 1
        error = await refused(host.call("again"))
        assert (error.code, "both are the command 'late'" in error.message) == (errors.INVALID_PARAMS, True)
        await host.call("withdraw")
        assert (await refused(ask(host, "GET /late"))).code == errors.METHOD_NOT_FOUND
        assert (
            await refused(host.call("plugin.command", {"command": "late"}))
        ).code == errors.METHOD_NOT_FOUND


async def test_what_the_host_refuses_is_not_kept() -> None:
    async with started(Offering) as host:

        async def refuse(inbound: Inbound) -> Any:
            raise RpcError(errors.DUPLICATE_CONTRIBUTION, "another plugin has it")

        host.handlers["commands.register"] = refuse
        for _ in range(2):
            assert (await refused(host.call("again"))).code == errors.DUPLICATE_CONTRIBUTION
        assert (
            await refused(host.call("plugin.command", {"command": "late"}))
        ).code == errors.METHOD_NOT_FOUND
