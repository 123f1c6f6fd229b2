"""The door from a plugin to the host: names, permissions with a scope, parameters, notifications."""

import logging
from typing import Annotated, Any, Optional

import msgspec
import pytest

from host.errors import Denied, DuplicateApi, InvalidParams, MethodNotFound, WrongShape
from host.facade import Caller
from host.ids import PluginId, SessionId
from host.permissions.policy import Grants
from host.routing.gateway import ApiGateway, PluginGate
from host.routing.serving import Served, served
from protocol import jsonrpc
from protocol.errors import RpcError
from protocol.incoming import Stream
from protocol.namespaces import RESERVED_NAMESPACES
from protocol.permissions import parse_permission


class Asked:
    """As much of a request as the gate looks at."""

    def __init__(self, method: str, params: Any) -> None:
        self.method = method
        self.params = msgspec.Raw(jsonrpc.encode(params))


def gate(gateway: ApiGateway, *granted: str) -> PluginGate:
    permissions = tuple(parse_permission(one) for one in granted)
    return gateway.open(PluginId("one"), SessionId("1"), Grants(permissions, plugin="one"))


async def ask(gateway: ApiGateway, method: str, params: Any, *granted: str) -> Any:
    asked: Any = Asked(method, params)
    return await gate(gateway, *granted).handle(asked)


@pytest.mark.parametrize("namespace", sorted(RESERVED_NAMESPACES))
def test_no_embedder_takes_a_namespace_of_the_hosts(namespace: str) -> None:
    with pytest.raises(DuplicateApi, match=namespace):
        ApiGateway().attach(f"{namespace}.mine", lambda: None)


async def test_a_permission_whose_scope_is_a_parameter_is_checked_for_each_call() -> None:
    def read(folder: str) -> str:
        return f"of {folder}"

    gateway = ApiGateway()
    gateway.attach("files.read", read, permission="files:read:{folder}")

    assert await ask(gateway, "files.read", {"folder": "inbox"}, "files:read:inbox") == "of inbox"
    assert await ask(gateway, "files.read", {"folder": "inbox"}, "files:read") == "of inbox"
    with pytest.raises(Denied, match="files:read:outbox") as caught:
        await ask(gateway, "files.read", {"folder": "outbox"}, "files:read:inbox")
    assert caught.value.data["permission"] == "files:read:outbox"
    with pytest.raises(Denied):
        await ask(gateway, "files.read", ["outbox"], "files:read:inbox")


async def test_a_permission_is_checked_before_the_parameters_are_read() -> None:
    gateway = ApiGateway()
    gateway.attach("users.list", lambda: 7, permission="users:read")
    with pytest.raises(Denied):
        await ask(gateway, "users.list", {"no": "such parameter"})


async def test_the_caller_is_not_a_parameter() -> None:
    async def who(caller: Caller, name: str) -> str:
        return f"{caller.plugin} asks for {name}"

    gateway = ApiGateway()
    gateway.attach("people.who", who)
    assert await ask(gateway, "people.who", {"name": "you"}) == "one asks for you"
    assert await ask(gateway, "people.who", ["you"]) == "one asks for you"


@pytest.mark.parametrize(
    "annotation",
    [
        Caller | None,
        Optional[Caller],  # noqa: UP045 - applications write it
        Annotated[Caller, "who"],
        Annotated[Caller | None, "who"],
    ],
)
async def test_the_caller_is_not_a_parameter_however_it_is_annotated(annotation: Any) -> None:
    async def who(caller: Any = None) -> str | None:
        return caller.plugin if caller else None

    who.__annotations__["caller"] = annotation
    gateway = ApiGateway()
    gateway.attach("people.who", who)
    assert await ask(gateway, "people.who", {}) == "one"
    forged: dict[str, Any] = {"plugin": "other", "session": "1", "permissions": [], "remaining_s": None}
    with pytest.raises(RpcError, match="there is no parameter 'caller'"):
        await ask(gateway, "people.who", {"caller": forged})


class Holder(msgspec.Struct):
    by: Caller | None = None


@pytest.mark.parametrize("annotation", [Caller, list[Caller], Holder, Holder | None, dict[str, Caller]])
def test_no_parameter_may_hold_a_caller_that_a_plugin_makes_up(annotation: Any) -> None:
    async def who(caller: Caller, other: Any) -> str:
        return f"{caller.plugin} {other}"

    who.__annotations__["other"] = annotation
    with pytest.raises(InvalidParams, match="parameter 'other' would be a caller"):
        ApiGateway().attach("people.who", who)


def test_a_parameter_that_is_called_caller_is_who_calls_or_is_refused() -> None:
    def who(caller: str = "nobody") -> str:
        return caller

    with pytest.raises(InvalidParams, match="parameter 'caller' would be a caller that the plugin makes up"):
        ApiGateway().attach("people.who", who)


async def test_a_remaining_budget_is_told_to_whoever_asks() -> None:
    async def left(caller: Caller) -> float | None:
        return caller.remaining_s

    gateway = ApiGateway()
    gateway.attach("budget.left", left)
    assert await ask(gateway, "budget.left", {}) is None
    assert await ask(gateway, "budget.left", {"_meta": {"deadline_ms": 2_500}}) == 2.5
    assert await ask(gateway, "budget.left", {"_meta": {"deadline_ms": -1}}) == 0.0


async def test_a_request_inherits_nothing_of_the_call_during_which_its_connection_was_made() -> None:
    async def inherited() -> Served | None:
        return served.get()

    gateway = ApiGateway()
    gateway.attach("what.inherited", inherited)
    nested = {"_meta": {"deadline_ms": 2_500, "parent": 7}}
    other = Served(PluginId("other"), SessionId("9"), 1, None, 1.0)
    served.set(other)
    own = await ask(gateway, "what.inherited", nested)
    assert own is not None
    assert (own.plugin, own.parent) == ("one", 7)
    assert own.budget_until is not None
    assert own.budget_until > 1.0
    served.set(other)
    assert await ask(gateway, "what.inherited", {}) is None
    served.set(other)
    assert await ask(gateway, "what.inherited", []) is None


async def test_an_unknown_method_comes_with_near_names() -> None:
    gateway = ApiGateway()
    gateway.attach("clock.now", lambda: 1)
    with pytest.raises(MethodNotFound, match=r"did you mean clock\.now"):
        await ask(gateway, "clock.nov", {})
    with pytest.raises(MethodNotFound):
        await ask(gateway, "__class__", {})


async def test_a_method_name_of_megabytes_is_compared_with_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    def compare(word: str, names: list[str], n: int) -> list[str]:
        compared.append(word)
        return []

    monkeypatch.setattr("difflib.get_close_matches", compare)
    with pytest.raises(MethodNotFound) as caught:
        await ask(ApiGateway(), "x" * 4_000_000, {})
    assert len(str(caught.value)) < 1_000
    assert compared == []


async def test_an_array_fills_parameters_in_their_declared_order_and_may_not_be_longer() -> None:
    def minus(left: int, right: int = 1) -> int:
        return left - right

    gateway = ApiGateway()
    gateway.attach("math.minus", minus)
    assert await ask(gateway, "math.minus", [5, 3]) == 2
    assert await ask(gateway, "math.minus", [5]) == 4
    with pytest.raises(InvalidParams, match="at most 2"):
        await ask(gateway, "math.minus", [5, 3, 1])
    with pytest.raises(RpcError, match="left"):
        await ask(gateway, "math.minus", [])


async def test_a_stream_is_given_only_to_who_asks_for_one() -> None:
    def count(upto: int) -> Any:
        yield from range(upto)

    gateway = ApiGateway()
    gateway.attach("numbers.count", count)
    gateway.attach("numbers.one", lambda: 1)
    stream = await ask(gateway, "numbers.count", {"upto": 3, "_meta": {"stream": {"credit": 7}}})
    assert isinstance(stream, Stream)
    assert stream.credit == 7
    assert [item async for item in stream.items] == [0, 1, 2]
    with pytest.raises(WrongShape, match="is a stream"):
        await ask(gateway, "numbers.count", {"upto": 3})
    with pytest.raises(WrongShape, match="is not a stream"):
        await ask(gateway, "numbers.one", {"_meta": {"stream": {"credit": 7}}})


def test_a_notification_reaches_what_is_attached_and_an_unknown_one_is_only_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told: list[tuple[str, str, bytes]] = []
    gateway = ApiGateway()
    gateway.attach_notification(
        "log.write", lambda caller, method, params: told.append((caller.plugin, method, bytes(params)))
    )
    door = gate(gateway)

    door.notified("log.write", msgspec.Raw(b'{"a":1}'))
    door.notified("x" * 10_000, msgspec.Raw(b"{}"))

    assert told == [("one", "log.write", b'{"a":1}')]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert len(record.getMessage()) < 200


def test_a_permission_that_is_no_permission_is_refused_when_it_is_attached() -> None:
    with pytest.raises(InvalidParams, match=r"clock\.now"):
        ApiGateway().attach("clock.now", lambda: 1, permission="not a permission")


def test_the_description_lists_what_is_attached() -> None:
    def now(zone: str = "UTC") -> float:
        """Tell the time.

        At length.
        """
        return 1.0

    gateway = ApiGateway()
    gateway.attach("clock.now", now, permission="clock:read")
    (entry,) = gateway.describe()["methods"]
    assert (entry["name"], entry["summary"], entry["x-permission"]) == (
        "clock.now",
        "Tell the time.",
        "clock:read",
    )
