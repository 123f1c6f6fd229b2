"""Hooks and endpoints of one plugin, asked through a facade: {in process, socket}."""

from collections.abc import AsyncGenerator
from pathlib import Path

import anyio
import pytest

from host import PluginHost
from host.control.client import connect
from host.errors import InvalidParams, PluginNotFound
from host.facade import Facade, TailQuery
from tests.contract.conftest import WAIT_S

GUARD = """
from plugin_sdk import Plugin, Request, deny, endpoint, hook, replace


class Guard(Plugin):
    @hook("message.before_send", fail="closed")
    async def look(self, message: dict) -> object:
        if "secret" in message["text"]:
            return deny("it holds a secret")
        return replace({"text": message["text"].strip()})

    @endpoint("GET", "/stats/{day}", permissions=["sessions:read"])
    async def stats(self, day: str, request: Request) -> dict:
        return {"day": day, "page": request.query.get("page", "1"), "who": request.principal}

    @endpoint("POST", "/upload")
    async def upload(self, request: Request) -> bytes:
        return bytes(request.body)[::-1]
"""
OTHER = """
from plugin_sdk import Plugin, deny, endpoint, hook


class Other(Plugin):
    @hook("message.before_send")
    async def look(self, message: dict) -> object:
        return deny("the other one forbids everything")

    @endpoint("GET", "/page")
    async def page(self) -> str:
        return "the other one's"
"""


@pytest.fixture(params=["in process", "socket"])
async def facade(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncGenerator[Facade]:
    for name, code in (("guard", GUARD), ("other", OTHER)):
        folder = tmp_path / "plugins" / name
        folder.mkdir(parents=True)
        (folder / "plugin.toml").write_text(f'id = "{name}"\nversion = "1.0.0"\n')
        (folder / "main.py").write_text(code)
    socket = request.param == "socket"
    data = tmp_path / "data"
    async with PluginHost([tmp_path / "plugins"], data=data, control=socket, autoload=True) as host:
        if not socket:
            yield host.facade
            return
        async with connect(data, client="contract") as attached:
            yield attached


async def test_a_hook_is_asked_of_one_plugin_and_of_no_other(facade: Facade):
    cleaned = await facade.hook_ask("guard", "message.before_send", {"text": " hello "})
    assert (cleaned.allowed, cleaned.value, cleaned.reason, cleaned.code) == (True, {"text": "hello"}, "", "")
    denied = await facade.hook_ask("guard", "message.before_send", {"text": "a secret"})
    assert (denied.allowed, denied.reason, denied.code) == (False, "it holds a secret", "denied")
    other = await facade.hook_ask("other", "message.before_send", {"text": "hello"})
    assert other.reason == "the other one forbids everything"
    assert (await facade.hook_ask("guard", "message.never_asked", 1)).value == 1
    with pytest.raises(PluginNotFound):
        await facade.hook_ask("gard", "message.before_send", {})


async def test_a_hook_of_a_plugin_that_must_be_asked_and_does_not_run_is_denied(facade: Facade):
    await facade.plugin_stop("guard")
    answer = await facade.hook_ask("guard", "message.before_send", {"text": "hello"})
    assert (answer.allowed, answer.code) == (False, "hook_unavailable")


async def test_an_endpoint_answers_who_may_ask_and_refuses_others(facade: Facade):
    place = "/api/plugins/guard/stats/monday"
    found = await facade.endpoint_request(
        "guard", "GET", place, {"page": ["2"]}, principal="ada", permissions=("sessions:read",)
    )
    assert (found.status, found.body) == (200, {"day": "monday", "page": "2", "who": "ada"})
    assert (await facade.endpoint_request("guard", "GET", place, principal="ada")).status == 403
    assert (await facade.endpoint_request("guard", "POST", place)).status == 405
    raw = await facade.endpoint_request(
        "guard", "POST", "/api/plugins/guard/upload", body="AP8=", encoding="base64"
    )
    assert (raw.status, raw.body, raw.encoding) == (200, "/wA=", "base64")


async def test_an_endpoint_of_another_plugin_is_not_reached(facade: Facade):
    place = "/api/plugins/other/page"
    assert (await facade.endpoint_request("other", "GET", place)).body == "the other one's"
    assert (await facade.endpoint_request("guard", "GET", place)).status == 404
    await facade.plugin_stop("other")
    assert (await facade.endpoint_request("other", "GET", place)).status in (404, 503)


async def test_what_is_no_request_is_refused_with_its_place(facade: Facade):
    for faulty, place in (
        (facade.endpoint_request("guard", "GET", "/a?token=abc"), "path: found a query"),
        (facade.endpoint_request("guard", "GET", "/a", permissions=("nothing at all",)), "permissions: "),
        (facade.endpoint_request("guard", "POST", "/a", body="é!", encoding="base64"), "body: found"),
    ):
        with pytest.raises(InvalidParams, match=place):
            await faulty


async def test_the_audit_says_who_asked_for_what_and_shows_no_content(facade: Facade):
    async with facade.tail(TailQuery(source="events", kinds=("audit",), last=0)) as events:
        await facade.hook_ask("guard", "message.before_send", {"text": "words of a person"})
        await facade.endpoint_request(
            "guard", "GET", "/api/plugins/guard/stats/monday", {"token": ["abcdefgh"]}, principal="ada"
        )
        with pytest.raises(InvalidParams):
            await facade.endpoint_request("guard", "GET", "/a?token=abcdefgh")
        lines: list[str] = []
        with anyio.fail_after(WAIT_S):
            while len(lines) < 3:
                lines += [line.text for line in (await anext(events)).lines]
    assert lines[0].startswith("hook.ask(plugin='guard', name='message.before_send'")
    assert "principal='ada'" in lines[1]
    assert "refused, invalid_params" in lines[2]
    assert not any("words of" in line or "abcdefgh" in line for line in lines)
