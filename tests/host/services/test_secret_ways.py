"""Each way by which a plugin says what went wrong: a secret in its words is masked wherever they are told."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from host import PlughostError, PluginHost, Request
from host.masking import MASK
from host.timing import Timing
from tests.host.routing.heard import until_true

Write = Callable[..., Path]

MANIFEST = """
permissions = ["prompts:send", "notifications:send:admins"]

[config_schema]
type = "object"
[config_schema.properties.token]
type = "string"
writeOnly = true
[config_schema.properties.refuse]
type = "boolean"
"""

TELLS = """
from plugin_sdk import HttpError, Response, command, deny, endpoint, hook, on, widget

class Tells(Plugin):
    async def on_health(self):
        return {"status": "ill " + self.token(), "reason": "why " + self.token(), "key": self.token()}

    async def on_status(self):
        return {"status": "busy " + self.token(), "data": {"key": self.token()}}

    async def on_unload(self) -> None:
        raise PluginError("unloaded " + self.token())

    async def on_configure(self, config: dict[str, Any]) -> None:
        if config.get("refuse"):
            raise PluginError("k" * 1_990 + self.token())

    async def on_command(self, name: str, params: dict[str, Any]) -> Any:
        if name == "raise":
            raise PluginError("command " + self.token(), {"key": self.token()})
        return {"success": name == "works", "error": "why " + self.token(), "result": [self.token()]}

    def token(self) -> str:
        return self.config["token"]

    @command("refused")
    async def refused(self) -> None:
        raise PluginError("command " + self.token())

    @endpoint("GET", "/http")
    async def http(self) -> None:
        raise HttpError(400, "bad " + self.token(), {"key": self.token()})

    @endpoint("GET", "/plugin")
    async def failed(self) -> None:
        raise PluginError("failed " + self.token())

    @endpoint("GET", "/text")
    async def text(self) -> Response:
        return Response("lost " + self.token(), 404, {"x-why": self.token(), "x-stays": "here"})

    @endpoint("GET", "/bytes")
    async def bytes(self) -> Response:
        return Response(b"lost " + self.token().encode(), 500)

    @endpoint("GET", "/works")
    async def works(self) -> Response:
        return Response({"key": self.token()}, 200, {"x-key": self.token()})

    @hook("closed", fail="closed")
    async def closed(self, value: Any) -> None:
        raise PluginError("hook " + self.token())

    @hook("open")
    async def open(self, value: Any) -> None:
        raise PluginError("hook " + self.token())

    @hook("denied")
    async def denied(self, value: Any) -> Any:
        return deny("because " + self.token(), {"key": [self.token()]})

    @on("kept", durable=True)
    async def kept(self, data: Any) -> None:
        raise ValueError("dead " + self.token())

    @on("cut", durable=True)
    async def cut(self, data: Any) -> None:
        raise ValueError("k" * 480 + self.token())

    @on("lost")
    async def lost(self, data: Any) -> None:
        raise ValueError("dead " + self.token())

    @widget("drawn", title="drawn")
    async def drawn(self) -> None:
        raise PluginError("widget " + self.token())

    @method
    async def items(self) -> Any:
        yield self.token()
        raise PluginError("stream " + self.token())

    @method
    async def echo(self) -> str:
        return self.token()

    @method
    async def deep(self) -> None:
        data: Any = self.token()
        for _ in range(800):
            data = [data]
        raise PluginError("deep " + self.token(), data)

    @method
    async def track(self) -> None:
        await self.analytics.track("a " + self.token(), key=self.token())
        await self.analytics.track_error("e", ValueError("error " + self.token()))
        await self.analytics.track_error("cut", ValueError("k" * 490 + self.token()))

    @method
    async def notice(self) -> None:
        await self.notify.admins(title="title " + self.token(), message="m " + self.token())

    @method
    async def ask(self) -> None:
        await self.ui.prompt("title " + self.token(), text="text " + self.token())

    @method
    async def plan(self) -> None:
        await self.schedule.every(self.tick, seconds=1, name="tick")

    async def tick(self) -> None:
        raise PluginError("tick " + self.token())
"""


@pytest.fixture
def canary() -> str:
    return f"canary-{secrets.token_hex(8)}"


@pytest.fixture
def host(plugins: Path, write_plugin: Write, tmp_path: Path, canary: str) -> PluginHost:
    write_plugin("tells", TELLS, MANIFEST)
    return PluginHost(
        [plugins],
        data=tmp_path / "data",
        config={"tells": {"token": canary}},
        timing=Timing(event_retries_s=(0.1,)),
    )


async def test_no_way_of_saying_what_went_wrong_tells_a_secret(
    host: PluginHost, tmp_path: Path, canary: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    told: dict[str, str] = {}

    async def ask(way: str, asked: Awaitable[object]) -> None:
        try:
            told[way] = repr(await asked)
        except PlughostError as exc:
            told[way] = f"{exc!r} {exc} {exc.as_json()}"

    async def streamed() -> None:
        async for _ in host.stream("tells", "items"):
            pass

    async def dead() -> bool:
        return len(await host.events.dead_letters()) == 2

    async def ticked() -> bool:
        return bool(host.schedule.list()[0].last_error)

    async def used() -> bool:
        return len(used_for) == 3

    used_for: list[Any] = []
    host.on("plugin_usage")(used_for.append)
    prompts: list[Any] = []

    @host.prompts.on
    def prompted(prompt: Any) -> None:  # pyright: ignore[reportUnusedFunction]
        prompts.append(prompt)
        host.prompts.dismiss(prompt.id)

    async with host:
        await host.load("tells")
        for way in ("raise", "says"):
            await ask(f"contract {way}", host.contract.command("tells", way))
        await ask("command", host.command("refused"))
        for way in ("http", "plugin", "text"):
            await ask(f"endpoint {way}", host.dispatch(Request("GET", f"/api/plugins/tells/{way}")))
        for way in ("closed", "open", "denied"):
            await ask(f"hook {way}", host.hook(way, 1))
        await ask("widget", host.ui.widget_data("tells", "drawn"))
        await ask("stream", streamed())
        await ask("deep", host.call("tells", "deep"))
        await ask("refusal", host.configuration.set("tells", {"refuse": True}))
        health, status = await host.contract.health("tells"), await host.contract.status("tells")
        told["health"], told["status"] = f"{health.status} {health.reason}", status.status
        for topic in ("kept", "cut", "lost"):
            await host.emit(topic)
        for way in ("track", "notice", "ask", "plan"):
            await host.call("tells", way)
        await until_true(dead)
        await until_true(ticked)
        await until_true(used)
        told["dead letters"] = repr(await host.events.dead_letters())
        told["schedule"] = repr(host.schedule.list())
        told["usage"] = repr(used_for) + repr(host.analytics.stats("tells"))
        told["prompt"] = repr(prompts)
        told["views"] = repr(host.plugins()) + repr(await host.logs("tells"))
        told["why"] = f"{await host.recorder.why('tells')} {MASK}"

    told["log"] = "\n".join(f"{one.getMessage()} {getattr(one, 'fields', '')}" for one in caplog.records)
    for words in (
        "was not handled by",
        "is a dead letter",
        "hook closed forbids",
        "goes on without",
        "it asks",
    ):
        assert words in told["log"], words
    assert {way: text for way, text in told.items() if canary[:7] in text or MASK not in text} == {}
    found = [
        path
        for path in (tmp_path / "data").rglob("*")
        if path.is_file() and "config.db" not in path.name and canary[:7].encode() in path.read_bytes()
    ]
    assert found == []


async def test_what_is_no_failure_is_left_as_the_plugin_answers_it(host: PluginHost, canary: str) -> None:
    async with host:
        await host.load("tells")
        assert await host.call("tells", "echo") == canary
        assert (await host.contract.command("tells", "works")).result == [canary]
        assert (await host.contract.health("tells")).data == {"key": canary}
        assert (await host.contract.status("tells")).data == {"key": canary}
        answer = await host.dispatch(Request("GET", "/api/plugins/tells/works"))
        assert (answer.data, answer.headers["x-key"]) == ({"key": canary}, canary)
        lost = await host.dispatch(Request("GET", "/api/plugins/tells/bytes"))
        assert lost.data == f"lost {MASK}".encode()
        lost = await host.dispatch(Request("GET", "/api/plugins/tells/text"))
        # The mask can't be in a header.
        assert (lost.data, "x-why" in lost.headers, lost.headers["x-stays"]) == (
            f"lost {MASK}",
            False,
            "here",
        )
