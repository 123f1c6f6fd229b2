"""What is on the wire: requests, batches, malformed lines as jsonrpcserver answers them, keys, bounds."""

import json
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, cast

import anyio
import pytest

from host.clock import FakeClock
from host.control.answers import KEPT_S
from host.control.dispatch import jsonrpcserver
from host.control.facade_methods import facade_methods
from host.control.server import ControlServer
from host.facade.queries import QUERIES
from host.facade.verbs import VERBS
from protocol.errors import DENIED, INVALID_PARAMS, METHOD_NOT_FOUND, OVERLOADED
from tests.host.control.conftest import Serving, wire_to
from tests.host.control.small_facade import ActingFacade, SmallFacade, as_facade

MALFORMED = [
    b"{",
    b"nonsense",
    b"[1,",
    b"\xff\xfe",
    b'"text"',
    b"7",
    b"null",
    b"{}",
    b"[]",
    b"[1]",
    b"[{}, 7]",
    b'{"jsonrpc":"1.0","method":"plugins","id":1}',
    b'{"jsonrpc":"2.0","id":1}',
    b'{"jsonrpc":"2.0","method":7,"id":1}',
    b'{"jsonrpc":"2.0","method":"plugins","params":"x","id":1}',
    b'{"jsonrpc":"2.0","method":"plugins","id":{}}',
    b'{"jsonrpc":"2.0","method":"plugins","id":1,"more":2}',
    b'{"jsonrpc":"2.0","method":"nobody.knows","id":"a"}',
    b'[{"jsonrpc":"2.0","method":"nobody.knows","id":null}]',
    b'{"jsonrpc":"2.0","result":1,"id":1}',
]


@pytest.mark.parametrize("line", MALFORMED, ids=lambda line: line.decode(errors="replace"))
async def test_a_malformed_request_is_answered_as_jsonrpcserver_answers_it(serving: Serving, line: bytes):
    try:
        text = line.decode()
    except UnicodeDecodeError:
        text = "\x00"
    expected = jsonrpcserver.dispatch_to_serializable(text, methods={})
    async with serving() as server, wire_to(server.socket_path) as wire:
        await wire.say(line + b"\n")
        assert _bare(await wire.hear()) == _bare(expected)
        assert (await wire.ask("plugins"))["result"][0]["id"] == "hello"


def _bare(answer: Any) -> Any:
    """Return an answer without `data`, which is each side's own."""
    if isinstance(answer, list):
        return [_bare(one) for one in cast("list[Any]", answer)]
    return answer | {"error": {name: answer["error"][name] for name in ("code", "message")}}


def test_every_query_and_verb_of_the_protocol_is_on_the_wire():
    assert {method.name for method in facade_methods()} == QUERIES | VERBS
    names = [method.wire_name for method in facade_methods()]
    assert len(set(names)) == len(names)
    assert "plugin.start" in names


async def test_a_batch_is_answered_together_and_its_notifications_not_at_all(
    serving: Serving, small: SmallFacade
):
    async with serving() as server, wire_to(server.socket_path) as wire:
        await wire.say(
            [
                {"jsonrpc": "2.0", "id": 1, "method": "plugins"},
                {"jsonrpc": "2.0", "method": "plugin.start", "params": ["hello"]},
                {"jsonrpc": "2.0", "id": 2, "method": "plugin.start", "params": ["nobody"]},
                {"jsonrpc": "2.0", "id": 3, "method": "storage.get", "params": {"plugin": "a", "key": "k"}},
            ]
        )
        first, second, third = await wire.hear()
        assert (first["id"], first["result"][0]["id"]) == (1, "hello")
        assert (second["id"], second["error"]["data"]["code"]) == (2, "plugin_not_found")
        assert (third["id"], third["result"]) == (3, {"plugin": "a", "key": "k"})
        assert [name for name, _, _ in small.asked] == ["plugin_start"]


async def test_parameters_are_checked_and_the_answer_names_the_wrong_one(serving: Serving):
    async with serving() as server, wire_to(server.socket_path) as wire:
        for params, named in (({"plugin": 7}, "plugin"), ({}, "plugin"), ({"plugin": "a", "x": 1}, "x")):
            error = (await wire.ask("plugin.start", params))["error"]
            assert error["code"] == INVALID_PARAMS
            assert error["data"]["parameter"] == named
        assert (await wire.ask("plugin.start", ["a", "b", "c"]))["error"]["code"] == INVALID_PARAMS
        near = (await wire.ask("plugin.stat", ["hello"]))["error"]
        assert near["code"] == METHOD_NOT_FOUND
        assert "plugin.start" in near["data"]["message"]


async def test_of_an_unexpected_error_only_an_incident_is_told(
    serving: Serving, caplog: pytest.LogCaptureFixture
):
    async with serving() as server, wire_to(server.socket_path) as wire:
        answer = await wire.ask("storage.get", ["a", "surprise"])
        assert "secret" not in json.dumps(answer)
        assert answer["error"]["data"]["incident"] in caplog.text or any(
            getattr(record, "fields", {}).get("incident") == answer["error"]["data"]["incident"]
            for record in caplog.records
        )


async def test_before_hello_nothing_is_served(serving: Serving, small: SmallFacade):
    async with serving() as server, wire_to(server.socket_path, hello=False) as wire:
        for method in ("plugins", "watch", "cancel", "plugin.start"):
            assert "hello" in (await wire.ask(method, []))["error"]["message"]
        assert small.asked == []


@pytest.mark.parametrize(("version", "older"), [(0, "client"), (2, "host")])
async def test_another_version_is_refused_with_the_side_to_update(serving: Serving, version: int, older: str):
    async with serving() as server, wire_to(server.socket_path, hello=False) as wire:
        error = (await wire.ask("hello", {"client": "x", "protocol": version}))["error"]
        assert f"update the {older}" in error["data"]["remedy"]
        assert "version" in error["message"]
        assert "hello" in (await wire.ask("plugins"))["error"]["message"]


async def test_who_only_looks_may_not_act(serving: Serving, small: SmallFacade):
    async with serving() as server, wire_to(server.socket_path, hello=False) as wire:
        await wire.ask("hello", {"client": "x", "protocol": 1, "read_only": True})
        for method, params in (("plugin.start", ["hello"]), ("stream", ["hello", "ticks"])):
            error = (await wire.ask(method, params))["error"]
            assert error["code"] == DENIED
            assert error["data"]["remedy"]
        assert (await wire.ask("plugins"))["result"]
    async with serving(read_only=True) as server, wire_to(server.socket_path) as wire:
        assert (await wire.ask("plugin.start", ["hello"]))["error"]["code"] == DENIED
    assert small.asked == []


async def test_the_same_key_does_a_verb_once_also_over_another_connection(
    serving: Serving, small: SmallFacade
):
    clock = FakeClock()
    asked = {"plugin": "hello", "method": "m", "params": {"n": 1}, "_key": "k1"}
    async with serving(clock=clock) as server:
        async with wire_to(server.socket_path) as wire:
            first = (await wire.ask("call", asked))["result"]
        async with wire_to(server.socket_path) as wire:
            assert (await wire.ask("call", asked))["result"] == first
            assert (await wire.ask("call", dict(reversed(asked.items()))))["result"] == first
            assert len(small.asked) == 1
            other = await wire.ask("call", asked | {"params": {"n": 2}})
            assert other["error"]["data"]["code"] == "conflict"
            failed = await wire.ask("plugin.start", {"plugin": "nobody", "_key": "k2"})
            assert await wire.ask("plugin.start", {"plugin": "nobody", "_key": "k2"}) == failed
            clock.advance(KEPT_S + 1)
            assert (await wire.ask("call", asked))["result"] == first
            assert len(small.asked) == 2
            bad = await wire.ask("call", asked | {"_key": ""})
            assert bad["error"]["code"] == INVALID_PARAMS


async def test_a_verb_with_a_key_goes_on_without_its_client_who_may_ask_again(
    serving: Serving, small: SmallFacade, until: Any
):
    asked = {"plugin": "hello", "method": "wait", "_key": "k"}
    async with serving() as server:
        async with wire_to(server.socket_path) as wire:
            await wire.say({"jsonrpc": "2.0", "id": 1, "method": "call", "params": asked})
            await small.begun.wait()
        await until(lambda: not server.clients())
        assert small.ended == []
        async with wire_to(server.socket_path) as wire:
            await wire.say({"jsonrpc": "2.0", "id": 1, "method": "call", "params": asked})
            small.go.set()
            assert (await wire.hear())["result"]["value"][1] == "wait"
        assert len(small.asked) == 1


@pytest.mark.parametrize("key", [{}, {"_key": "k"}])
async def test_cancel_ends_a_request_with_and_without_a_key(
    serving: Serving, small: SmallFacade, key: dict[str, str]
):
    async with serving() as server, wire_to(server.socket_path) as wire:
        asked = {"plugin": "hello", "method": "wait"} | key
        await wire.say({"jsonrpc": "2.0", "id": "a", "method": "call", "params": asked})
        await small.begun.wait()
        await wire.say({"jsonrpc": "2.0", "id": "b", "method": "cancel", "params": ["a"]})
        answers = {one["id"]: one for one in [await wire.hear(), await wire.hear()]}
        assert answers["b"]["result"] is True
        assert answers["a"]["error"]["data"]["code"] == "cancelled"
        assert small.ended == ["call"]
        assert (await wire.ask("cancel", ["a"]))["result"] is False


async def test_past_the_bound_in_flight_requests_are_refused_and_cancel_still_works(
    serving: Serving, small: SmallFacade
):
    async with serving() as server, wire_to(server.socket_path) as wire:
        for number in range(70):
            await wire.say({"jsonrpc": "2.0", "id": number, "method": "storage.get", "params": ["a", "wait"]})
        refused = [await wire.hear() for _ in range(6)]
        assert {one["error"]["code"] for one in refused} == {OVERLOADED}
        assert {one["id"] for one in refused} == set(range(64, 70))
        await wire.say({"jsonrpc": "2.0", "id": "c", "method": "cancel", "params": [0]})
        answers = {one["id"]: one for one in [await wire.hear(), await wire.hear()]}
        assert answers["c"]["result"] is True
        assert "error" in answers[0]
        small.go.set()
        assert {(await wire.hear())["id"] for _ in range(63)} == set(range(1, 64))


async def test_verbs_are_audited_with_who_and_outcome_and_without_secrets(serving: Serving):
    told: list[tuple[str, str, Any, str]] = []

    def audit(by: str, method: str, params: Any, outcome: str) -> None:
        told.append((by, method, params, outcome))

    async with (
        serving(audit=audit) as server,
        wire_to(server.socket_path) as wire,
    ):
        await wire.ask("plugins")
        await wire.ask("plugin.start", ["hello"])
        await wire.ask("plugin.start", ["nobody"])
        await wire.ask("call", ["hello", "m", {"password": "hunter2222", "n": 1}])
        await wire.ask("config.set", ["hello", {"smtp.user": "me", "port": 7}])
    assert [(method, outcome.partition(":")[0]) for _, method, _, outcome in told] == [
        ("plugin_start", "ok"),
        ("plugin_start", "plugin_not_found"),
        ("call", "ok"),
        ("config_set", "invalid_params"),
    ]
    assert all(by.startswith("test (uid ") for by, _, _, _ in told)
    assert told[2][2]["params"] == {"password": "•••", "n": 1}
    assert told[3][2]["changes"] == {"smtp.user": "•••", "port": "•••"}


async def test_a_facade_that_acts_in_somebodys_name_audits_by_itself(tmp_path: Path):
    told: list[str] = []

    def audit(_by: str, method: str, _params: Any, _outcome: str) -> None:
        told.append(method)

    acting = ActingFacade("the host")
    server = ControlServer(as_facade(acting), audit=audit)
    async with anyio.create_task_group() as tasks:
        await tasks.start(server.run, tmp_path)
        async with wire_to(server.socket_path) as wire:
            await wire.ask("plugin.start", ["hello"])
        tasks.cancel_scope.cancel()
    ((_, by, _),) = acting.asked
    assert by.startswith("test (uid ")
    assert told == []


async def test_what_was_asked_is_answered_to_a_client_that_only_stopped_asking(
    serving: Serving, small: SmallFacade
):
    async with serving() as server, wire_to(server.socket_path) as wire:
        await wire.say({"jsonrpc": "2.0", "id": 1, "method": "storage.get", "params": ["a", "wait"]})
        await small.begun.wait()
        await wire.stream.send_eof()
        small.go.set()
        assert (await wire.hear())["id"] == 1
        assert await wire.hear() is None


async def test_an_answer_that_is_too_large_is_an_error_of_its_own(serving: Serving):
    async with serving() as server, wire_to(server.socket_path) as wire:
        answer = await wire.ask("storage.get", ["a", "big"])
        assert (answer["id"], answer["error"]["data"]["code"]) == (1, "frame_too_large")


async def test_the_end_of_the_server_is_told_to_what_is_under_way(serving: Serving, small: SmallFacade):
    async with AsyncExitStack() as stack:
        async with serving() as server:
            path = server.socket_path
            wire = await stack.enter_async_context(wire_to(path))
            await wire.say({"jsonrpc": "2.0", "id": 1, "method": "storage.get", "params": ["a", "wait"]})
            await small.begun.wait()
        assert (await wire.hear())["error"]["data"]["code"] == "host_closed"
        assert await wire.hear() is None
    assert not Path(path).exists()
