"""Errors over the wire: each code has a class, each class a code, and nothing private crosses."""

import logging
from typing import Any

import pytest

from host import errors
from host.errors import CallError, MethodNotFound, PlughostError, PluginError, PluginIncident, ServiceError
from host.rpc.error_mapping import MAX_MESSAGE_CHARS, from_wire, to_wire
from protocol import errors as wire
from protocol.errors import RpcError
from tests.every_error import CLASSES, an_error

ODD_DATA: list[Any] = [None, 7, "text", [], {"remedy": 7}, {"near": 7}, {"near": [None, {}]}]


@pytest.mark.parametrize("code", sorted(wire.NAMES))
def test_every_code_of_the_wire_becomes_an_error_of_its_own_class(code: int) -> None:
    error = from_wire(RpcError(code, "what happened"), "one", "method")
    assert isinstance(error, CallError)
    if code in (wire.INTERNAL_ERROR, wire.PLUGIN_ERROR):
        assert type(error) is (PluginIncident if code == wire.INTERNAL_ERROR else PluginError)
    elif type(error) is not PluginError:
        assert error.code == wire.NAMES[code] or type(error) is errors.ProtocolFault
    else:
        assert error.rpc_code == code
        assert code in (
            wire.PLUGIN_NOT_FOUND,
            wire.NOT_ACTIVE,
            wire.QUARANTINED,
            wire.PLUGIN_DIED,
            wire.DISABLED,
            wire.INVALID_CONFIGURATION,
            wire.CONFIGURATION_REFUSED,
        ), "only what speaks of a third plugin is the called one's own error"


@pytest.mark.parametrize("code", [1, -1, 404, -31_999, 2**40])
def test_a_code_of_the_authors_own_crosses_intact(code: int) -> None:
    error = from_wire(RpcError(code, "mine", {"a": 1}), "one", "method")
    assert isinstance(error, PluginError)
    assert (error.rpc_code, error.message, error.detail) == (code, "mine", {"a": 1})
    answer = to_wire(error, "method")
    assert (answer.code, answer.message, answer.data) == (code, "mine", {"a": 1})


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_every_error_of_the_host_has_a_code_on_the_wire_and_says_what_to_do(cls: type[PlughostError]) -> None:
    error = an_error(cls)
    answer = to_wire(error, "namespace.method")
    assert answer.code in wire.NAMES
    assert answer.message == error.message
    if cls is not PluginError:
        assert answer.data["code"] == cls.code
        assert answer.data["remedy"] == error.remedy


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_error_about_a_call_has_a_code_of_its_own(cls: type[PlughostError]) -> None:
    if issubclass(cls, CallError) and cls not in (CallError, ServiceError, PluginIncident):
        assert wire.NAMES[cls.wire_code] == cls.code


def test_codes_of_errors_are_unique() -> None:
    codes = [cls.code for cls in CLASSES if "code" in vars(cls)]
    assert len(codes) == len(set(codes))


def test_an_unexpected_error_crosses_as_an_incident_that_the_log_explains(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = to_wire(ValueError("a private detail"), "namespace.method")
    assert answer.code == wire.INTERNAL_ERROR
    assert "private" not in answer.message
    incident: Any = answer.data["incident"]
    (record,) = caplog.records
    assert vars(record)["fields"] == {"incident": incident}
    assert record.exc_info is not None
    assert "private detail" in str(record.exc_info[1])


def test_an_rpc_error_passes_through() -> None:
    answer = to_wire(RpcError(wire.OVERLOADED, "too much", [1]), "namespace.method")
    assert (answer.code, answer.message, answer.data) == (wire.OVERLOADED, "too much", [1])


def test_a_refusal_that_comes_back_through_a_plugin_keeps_its_remedy() -> None:
    denied = errors.Denied("it may not", remedy="declare it", plugin="one")
    answer = to_wire(denied, "users.list")
    error = from_wire(RpcError(answer.code, answer.message, answer.data), "one", "method")
    assert isinstance(error, errors.Denied)
    assert error.remedy == "declare it"
    assert "one.method" in error.message


@pytest.mark.parametrize("data", ODD_DATA)
@pytest.mark.parametrize("code", sorted(wire.NAMES))
def test_whatever_data_a_plugin_sends_makes_an_error(code: int, data: Any) -> None:
    assert str(from_wire(RpcError(code, "what", data), "one", "method"))


@pytest.mark.parametrize("code", [*sorted(wire.NAMES), 7])
def test_a_plugin_cannot_fill_the_hosts_memory_with_a_message(code: int) -> None:
    error = from_wire(RpcError(code, "x" * 1_000_000, {"remedy": "y" * 1_000_000}), "one", "method")
    assert len(str(error)) < 3 * MAX_MESSAGE_CHARS


def test_near_names_of_a_plugin_are_kept() -> None:
    error = from_wire(RpcError(wire.METHOD_NOT_FOUND, "no", {"near": ["a", "b", "c", "d"]}), "one", "method")
    assert isinstance(error, MethodNotFound)
    assert error.data["near"] == ("a", "b", "c")
    data = {"kind": "command", "name": "syn", "near": ["sync"]}
    told = from_wire(RpcError(wire.CONTRIBUTION_NOT_FOUND, "no", data), "one", "method")
    assert told.message == "there is no command 'syn'; did you mean sync?"
