"""JSON-RPC envelopes, one text a line."""

import json
from typing import Any

import msgspec
import pytest

from protocol import jsonrpc
from protocol.errors import ErrorObject
from protocol.framing import FaultKind
from protocol.jsonrpc import decode_block

GOOD = b'{"jsonrpc":"2.0","id":1,"result":[1,2]}\n'


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b"hello", FaultKind.STRAY),
        (b"\x00", FaultKind.STRAY),
        (b"\xef\xbb\xbf" + GOOD.strip(), FaultKind.STRAY),
        (b"42", FaultKind.STRAY),
        (b"[" + GOOD.strip() + b"]", FaultKind.BATCH),
        (b"[]", FaultKind.BATCH),
        (b"{", FaultKind.MALFORMED),
        (b"{}", FaultKind.MALFORMED),
        (GOOD.strip() + GOOD.strip(), FaultKind.MALFORMED),
        (GOOD.strip() + b"x", FaultKind.MALFORMED),
        (b'{"jsonrpc":"1.0","id":1}', FaultKind.MALFORMED),
        (b'{"jsonrpc":"2.0","id":1.5}', FaultKind.MALFORMED),
        (b'{"jsonrpc":"2.0","id":true}', FaultKind.MALFORMED),
        (b'{"jsonrpc":"2.0","id":' + b"1" * 5_000 + b"}", FaultKind.MALFORMED),
        (b'{"jsonrpc":"2.0","id":"\\ud800"}', FaultKind.MALFORMED),
        (b'{"jsonrpc":"2.0","method":7}', FaultKind.MALFORMED),
        (b'{"jsonrpc":"2.0","method":"\xff"}', FaultKind.MALFORMED),
        (b'{"jsonrpc":"2.0","id":1,"result":NaN}', FaultKind.MALFORMED),
        (b'{"jsonrpc":"2.0","id":1,"params":' + b"[" * 100_000 + b"}", FaultKind.MALFORMED),
        (b'{"jsonrpc":"2.0","id":1,"params":' + b'{"a":' * 100_000 + b"}", FaultKind.MALFORMED),
    ],
)
def test_a_bad_line_is_one_fault_and_costs_its_neighbours_nothing(line: bytes, kind: FaultKind) -> None:
    messages, faults = decode_block(GOOD + line + b"\n" + GOOD)
    assert [bytes(message.result) for message in messages if isinstance(message.result, msgspec.Raw)] == [
        b"[1,2]",
        b"[1,2]",
    ]
    assert [fault.kind for fault in faults] == [kind]
    assert line.startswith(faults[0].head)


def test_a_text_over_two_lines_is_no_message() -> None:
    messages, faults = decode_block(b'{"jsonrpc":\n"2.0","id":1}\n')
    assert not messages
    assert [fault.kind for fault in faults] == [FaultKind.MALFORMED, FaultKind.STRAY]


@pytest.mark.parametrize("block", [GOOD.strip() + GOOD, GOOD + GOOD.strip() + GOOD + GOOD])
def test_two_texts_in_a_line_are_no_messages(block: bytes) -> None:
    messages, faults = decode_block(block)
    assert len(messages) == block.count(b"\n") - 1
    assert [fault.kind for fault in faults] == [FaultKind.MALFORMED]


@pytest.mark.parametrize("line", [b"\n", b"\r\n", b"  \t\n"])
def test_blank_lines_are_passed_over(line: bytes) -> None:
    assert decode_block(line) == ([], [])
    messages, faults = decode_block(line + GOOD + line + GOOD)
    assert len(messages) == 2
    assert not faults


def test_white_space_around_a_message_is_allowed() -> None:
    messages, faults = decode_block(b"  " + GOOD.strip() + b" \r\n" + GOOD)
    assert len(messages) == 2
    assert not faults


def test_a_flood_of_bad_lines_is_reported_up_to_a_bound_and_then_counted() -> None:
    block = b"x\n" * (jsonrpc.MAX_FAULTS + 10) + GOOD + b"{\n"
    messages, faults = decode_block(block)
    assert len(messages) == 1
    assert len(faults) == jsonrpc.MAX_FAULTS + 1
    assert faults[-1].detail.startswith("11 more lines")


@pytest.mark.parametrize("request_id", [0, -(2**63), 2**64 - 1, "", "x" * 128])
def test_an_id_may_be_a_64_bit_integer_or_a_short_text(request_id: int | str) -> None:
    assert jsonrpc.valid_id(request_id)


@pytest.mark.parametrize("request_id", [2**64, -(2**63) - 1, "x" * 129, None, 1.5])
def test_other_ids_are_not_valid(request_id: object) -> None:
    assert not jsonrpc.valid_id(request_id)


def test_what_is_built_can_be_read_back() -> None:
    block = b"".join(
        [
            jsonrpc.build_request(7, jsonrpc.method_name("a"), b'{"x":1}'),
            jsonrpc.build_request(8, jsonrpc.method_name("b"), b""),
            jsonrpc.build_notification(jsonrpc.method_name('"q"'), b"[1]"),
            jsonrpc.build_notification(jsonrpc.method_name("d"), b""),
            jsonrpc.build_result("r", b"null"),
            jsonrpc.build_error(None, ErrorObject(-1, "no", {"why": 1})),
        ]
    )
    assert [json.loads(line) for line in block.splitlines()] == [
        {"jsonrpc": "2.0", "id": 7, "method": "a", "params": {"x": 1}},
        {"jsonrpc": "2.0", "id": 8, "method": "b"},
        {"jsonrpc": "2.0", "method": '"q"', "params": [1]},
        {"jsonrpc": "2.0", "method": "d"},
        {"jsonrpc": "2.0", "id": "r", "result": None},
        {"jsonrpc": "2.0", "id": None, "error": {"code": -1, "message": "no", "data": {"why": 1}}},
    ]
    messages, faults = decode_block(block)
    assert len(messages) == 6
    assert not faults


def endless() -> list[Any]:
    items: list[Any] = []
    items.append(items)
    return items


@pytest.mark.parametrize("data", [object(), endless(), "\udcff", {"a": {1j}}])
def test_an_error_goes_out_without_data_that_json_can_not_express(data: Any) -> None:
    line = jsonrpc.build_error(1, ErrorObject(-5, "told", data))
    assert json.loads(line) == {"jsonrpc": "2.0", "id": 1, "error": {"code": -5, "message": "told"}}


def test_an_error_goes_out_with_an_undecodable_file_name_in_its_message() -> None:
    line = jsonrpc.build_error(1, ErrorObject(-5, "no file \udcff"))
    assert json.loads(line)["error"]["message"] == "no file \\udcff"


@pytest.mark.parametrize("message", [5, None, ValueError("text")])
def test_an_error_message_that_is_no_text_becomes_one(message: Any) -> None:
    error = json.loads(jsonrpc.build_error(1, ErrorObject(-5, message, {"kept": True})))["error"]
    assert error == {"code": -5, "message": str(message), "data": {"kept": True}}


@pytest.mark.parametrize(
    ("params", "members"),
    [(b"", {}), (b"{}", {}), (b'{"a":{}}', {"a": {}})],
)
def test_the_meta_of_a_call_is_spliced_into_its_parameters(params: bytes, members: dict[str, Any]) -> None:
    line = jsonrpc.build_call(7, b'"m"', params, 250, b',"parent":3')
    assert json.loads(line) == {
        "jsonrpc": "2.0",
        "id": 7,
        "method": "m",
        "params": {**members, "_meta": {"deadline_ms": 250, "parent": 3}},
    }


def test_a_raw_member_is_only_checked_when_it_is_decoded() -> None:
    messages, _ = decode_block(b'{"jsonrpc":"2.0","id":1,"result":"\xff"}\n')
    raw = messages[0].result
    assert isinstance(raw, msgspec.Raw)
    with pytest.raises(UnicodeDecodeError):
        jsonrpc.decode_any(raw)


def test_an_error_member_that_is_no_error_object_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        jsonrpc.decode_error(msgspec.Raw(b'{"code":"x"}'))
