"""What an embedder publishes to plugins: identity, permissions, shapes, names."""

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from host import (
    Caller,
    Denied,
    DuplicateApi,
    InvalidParams,
    Permission,
    PluginError,
    PluginHost,
    Verdict,
    WrongShape,
)
from host.ids import PluginId

Write = Callable[..., Path]

ASKER = """
class Asker(Plugin):
    @method
    async def ask(self, name: str, params: dict[str, Any] | list[Any] | None = None) -> Any:
        return await self.host.call(name, params)

    @method
    async def read(self, name: str, params: dict[str, Any] | None = None) -> list[Any]:
        return [item async for item in self.host.call(name, params)]

    @method
    async def failure(self, name: str, params: dict[str, Any] | None = None) -> dict[str, Any]:
        try:
            await self.host.call(name, params)
        except RpcError as error:
            return {"name": error.name, "message": error.message, "data": error.data}
        return {}
"""


@pytest.fixture
def asker(plugins: Path, write_plugin: Write) -> PluginHost:
    """A host with one plugin that calls whatever it is told to; it may read clocks."""
    write_plugin("asker", ASKER, 'permissions = ["clock:read"]')
    return PluginHost(plugins=[plugins], autoload=True)


async def ask(host: PluginHost, name: str, params: Any = None) -> Any:
    return await host.call("asker", "ask", {"name": name, "params": params})


async def failure(host: PluginHost, name: str, params: Any = None) -> dict[str, Any]:
    return await host.call("asker", "failure", {"name": name, "params": params})


async def test_an_api_learns_who_calls_from_the_connection(asker: PluginHost) -> None:
    callers: list[Caller] = []

    @asker.api("who.annotated")
    async def annotated(me: Caller) -> None:  # pyright: ignore[reportUnusedFunction]
        callers.append(me)

    @asker.api("who.by_name")
    async def by_name(caller) -> None:  # pyright: ignore[reportMissingParameterType, reportUnknownParameterType]
        callers.append(caller)  # pyright: ignore[reportUnknownArgumentType]

    async with asker:
        await ask(asker, "who.annotated")
        await ask(asker, "who.by_name")
        session = asker.plugin("asker").session

    assert [(one.plugin, one.session) for one in callers] == [(PluginId("asker"), session)] * 2
    assert callers[0].permissions == ("clock:read",)
    remaining_s = callers[0].remaining_s
    assert remaining_s is not None
    assert 0.0 < remaining_s <= 5.0


async def test_a_caller_cannot_be_forged_by_a_parameter(asker: PluginHost) -> None:
    @asker.api("who.am_i")
    async def am_i(caller: Caller) -> str:  # pyright: ignore[reportUnusedFunction]
        return caller.plugin

    async with asker:
        told = await failure(asker, "who.am_i", {"caller": {"plugin": "another"}})
    assert told["name"] == "invalid_params"


async def test_a_missing_permission_is_named_together_with_where_to_declare_it(asker: PluginHost) -> None:
    @asker.api("users.list", permission="users:read")
    async def users() -> list[str]:  # pyright: ignore[reportUnusedFunction]
        return ["secret"]

    async with asker:
        told = await failure(asker, "users.list")
        with pytest.raises(Denied, match="users:read") as caught:
            await ask(asker, "users.list")

    assert told["name"] == "denied"
    assert "'asker' did not declare users:read" in told["message"]
    assert told["data"]["permission"] == "users:read"
    assert 'permissions = ["users:read"]' in told["data"]["remedy"]
    assert 'permissions = ["users:read"]' in caught.value.remedy, "the embedder is told as well"


async def test_a_declared_permission_lets_the_call_through(asker: PluginHost) -> None:
    @asker.api("clock.now", permission="clock:read")
    def now() -> float:  # pyright: ignore[reportUnusedFunction]
        return 12.5

    async with asker:
        assert await ask(asker, "clock.now") == 12.5


async def test_a_permission_that_the_policy_denies_is_shown_and_enforced(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("asker", ASKER, 'permissions = ["clock:read", "users:read"]')
    asked: list[tuple[str, str]] = []

    def policy(plugin: str, permission: Permission) -> Verdict:
        asked.append((plugin, str(permission)))
        return Verdict.DENY if permission.resource == "clock" else Verdict.ALLOW

    host = PluginHost(plugins=[plugins], autoload=True, policy=policy)

    @host.api("clock.now", permission="clock:read")
    async def now() -> float:  # pyright: ignore[reportUnusedFunction]
        return 12.5

    async with host:
        told = await failure(host, "clock.now")
        view = host.plugin("asker")

    assert sorted(asked) == [("asker", "clock:read"), ("asker", "users:read")]
    assert view.permissions == ("users:read",)
    assert view.refused_permissions == ("clock:read",)
    assert told["name"] == "denied"
    assert "policy refused it" in told["message"]


@pytest.mark.parametrize("name", ["storage.get", "plugins.more", "rpc.mine", "host.stop", "log.write"])
async def test_names_that_belong_to_the_host_are_refused(name: str) -> None:
    with pytest.raises(DuplicateApi, match="belongs to the host"):
        PluginHost().api(name)(lambda: None)


@pytest.mark.parametrize("name", ["clock", "Clock.now", "clock.", ".now", "clock now.x", "$/cancel", ""])
async def test_names_that_are_not_namespace_and_method_are_refused(name: str) -> None:
    with pytest.raises(DuplicateApi):
        PluginHost().api(name)(lambda: None)


async def test_a_name_is_taken_once() -> None:
    host = PluginHost()
    host.api("clock.now")(lambda: 1)
    with pytest.raises(DuplicateApi, match=r"clock\.now"):
        host.api("clock.now")(lambda: 2)


async def test_a_function_that_json_cannot_call_is_refused_by_name() -> None:
    class Opaque: ...

    def takes_opaque(thing: Opaque) -> None: ...

    def takes_anything(*things: int) -> None: ...

    for function, parameter in ((takes_opaque, "thing"), (takes_anything, "things")):
        with pytest.raises(InvalidParams, match=parameter):
            PluginHost().api("odd.function")(function)


async def test_an_api_can_be_added_while_the_host_runs(asker: PluginHost) -> None:
    async with asker:
        assert (await failure(asker, "late.come"))["name"] == "method_not_found"
        asker.api("late.come")(lambda: "better than never")
        assert await ask(asker, "late.come") == "better than never"


async def test_a_plain_function_runs_in_a_thread_and_an_async_one_on_the_loop(asker: PluginHost) -> None:
    threads: dict[str, int] = {}

    @asker.api("shape.plain")
    def plain() -> None:  # pyright: ignore[reportUnusedFunction]
        threads["plain"] = threading.get_ident()

    @asker.api("shape.on_loop")
    async def on_loop() -> None:  # pyright: ignore[reportUnusedFunction]
        threads["on_loop"] = threading.get_ident()

    async with asker:
        await ask(asker, "shape.plain")
        await ask(asker, "shape.on_loop")

    assert threads["on_loop"] == threading.get_ident()
    assert threads["plain"] != threading.get_ident()


async def test_generators_are_streams(asker: PluginHost) -> None:
    @asker.api("numbers.in_loop")
    async def in_loop(upto: int) -> AsyncIterator[int]:  # pyright: ignore[reportUnusedFunction]
        for number in range(upto):
            yield number

    @asker.api("numbers.in_threads")
    def in_threads(upto: int) -> Iterator[int]:  # pyright: ignore[reportUnusedFunction]
        yield from range(upto)

    async with asker:
        for name in ("numbers.in_loop", "numbers.in_threads"):
            items = await host_stream(asker, name, 200)
            assert items == list(range(200)), name
        told = await failure(asker, "numbers.in_loop", {"upto": 1})
    assert told["name"] == "wrong_shape"


async def host_stream(host: PluginHost, name: str, upto: int) -> Any:
    return await host.call("asker", "read", {"name": name, "params": {"upto": upto}})


async def test_a_value_is_not_read_as_a_stream(asker: PluginHost) -> None:
    asker.api("plain.value")(lambda: 7)
    async with asker:
        with pytest.raises(WrongShape, match="not a stream"):
            await asker.call("asker", "read", {"name": "plain.value"})


async def test_parameters_are_checked_against_the_annotations(asker: PluginHost) -> None:
    @asker.api("math.add")
    async def add(left: int, right: int = 1) -> int:  # pyright: ignore[reportUnusedFunction]
        return left + right

    async with asker:
        assert await ask(asker, "math.add", {"left": 2, "right": 3}) == 5
        assert await ask(asker, "math.add", [2]) == 3
        for wrong, named in (
            ({"left": "2"}, "left"),
            ({}, "left"),
            ({"left": 2, "wrong": 3}, "wrong"),
        ):
            told = await failure(asker, "math.add", wrong)
            assert told["name"] == "invalid_params"
            assert named in told["message"]


async def test_an_unexpected_error_of_an_api_reaches_the_plugin_as_an_incident_only(
    asker: PluginHost, caplog: pytest.LogCaptureFixture
) -> None:
    @asker.api("broken.api")
    async def broken() -> None:  # pyright: ignore[reportUnusedFunction]
        raise ValueError("a private detail")

    async with asker:
        told = await failure(asker, "broken.api")

    assert told["name"] == "internal_error"
    assert "private" not in told["message"]
    incident = told["data"]["incident"]
    assert any(getattr(record, "fields", {}).get("incident") == incident for record in caplog.records)


async def test_an_api_can_fail_a_call_on_purpose(asker: PluginHost) -> None:
    @asker.api("shop.buy")
    async def buy() -> None:  # pyright: ignore[reportUnusedFunction]
        raise PluginError("sold out", {"left": 0})

    async with asker:
        told = await failure(asker, "shop.buy")
    assert told == {"name": "plugin_error", "message": "sold out", "data": {"left": 0}}


async def test_a_plugin_discovers_what_the_embedder_offers(asker: PluginHost) -> None:
    @asker.api("clock.now", permission="clock:read")
    async def now(zone: str = "UTC") -> float:  # pyright: ignore[reportUnusedFunction]
        """Tell the time."""
        return 12.5

    async with asker:
        document = await ask(asker, "rpc.discover")

    methods = {entry["name"]: entry for entry in document["methods"]}
    assert methods["clock.now"]["summary"] == "Tell the time."
    assert methods["clock.now"]["x-permission"] == "clock:read"
    assert [one["name"] for one in methods["clock.now"]["params"]] == ["zone"]
    assert {"host.info", "rpc.discover", "plugins.call", "plugins.stream"} <= methods.keys()


async def test_near_names_of_an_api_are_proposed_to_the_plugin(asker: PluginHost) -> None:
    asker.api("clock.now")(lambda: 1)
    async with asker:
        told = await failure(asker, "clock.no")
    assert told["name"] == "method_not_found"
    assert "did you mean clock.now" in told["message"]
