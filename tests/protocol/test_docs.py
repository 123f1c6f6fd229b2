"""docs/protocol.md against the code: its transcript is decoded, its tables and figures are compared."""

import re
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from protocol import jsonrpc
from protocol.admission import MAX_BUFFERED_BYTES, MAX_IN_FLIGHT, MAX_WAITING
from protocol.credit import ACKNOWLEDGE_BYTES, MAX_UNACKNOWLEDGED_BYTES, STREAM_CREDIT
from protocol.errors import NAMES
from protocol.framing import HEAD_BYTES, MAX_FRAME_BYTES
from protocol.jsonrpc import MAX_ID_CHARS
from protocol.messages.meta import Meta, MetaOnly
from protocol.messages.plugin import InitializeParams, InitializeResult
from protocol.methods import METHODS, Direction
from protocol.namespaces import RESERVED_NAMESPACES
from protocol.sizes import format_size
from protocol.version import PROTOCOL_VERSIONS

DOCUMENT = (Path(__file__).parents[2] / "docs" / "protocol.md").read_text(encoding="utf-8")

KINDS = {"request", "notification", "stream"}
DIRECTIONS: dict[Direction, str] = {"to_plugin": "to the plugin", "to_host": "to the host", "both": "both"}


class Line(NamedTuple):
    """One line of the transcript."""

    to_plugin: bool
    message: jsonrpc.Message

    @property
    def method(self) -> str:
        return self.message.method if isinstance(self.message.method, str) else ""

    @property
    def params(self) -> msgspec.Raw:
        assert isinstance(self.message.params, msgspec.Raw)
        return self.message.params


def test_every_line_of_the_transcript_is_one_message() -> None:
    assert len(_transcript()) > 25


def test_every_method_of_the_transcript_is_built_in_announced_or_an_embedders() -> None:
    announced = _announced()
    for line in _transcript():
        if not line.method:
            continue
        namespace, dot, _ = line.method.partition(".")
        if line.method in METHODS:
            direction = METHODS[line.method].direction
            assert direction in ("both", "to_plugin" if line.to_plugin else "to_host"), line
        elif line.to_plugin:
            assert line.method in announced, line
        else:
            assert dot, line
            assert namespace not in RESERVED_NAMESPACES, line


def test_params_of_built_in_methods_in_the_transcript_are_what_the_code_reads() -> None:
    checked: set[str] = set()
    for line in _transcript():
        row = METHODS.get(line.method)
        if row is None:
            continue
        msgspec.json.decode(line.params, type=row.params)
        known = set(row.params.__struct_encode_fields__) | {"_meta"}
        assert set(msgspec.json.decode(line.params, type=dict[str, Any])) <= known, line
        checked.add(line.method)
    assert checked >= {"plugin.initialize", "plugin.load", "plugin.ping", "plugin.unload", "$/credit"}


def test_meta_of_the_transcript_has_only_members_that_the_code_knows() -> None:
    found: set[str] = set()
    for line in _transcript():
        if line.method and b'"_meta"' in bytes(line.params):
            assert msgspec.json.decode(line.params, type=MetaOnly).meta is not None
            found |= set(msgspec.json.decode(line.params, type=dict[str, Any])["_meta"])
    assert found
    assert found <= set(Meta.__struct_encode_fields__)


def test_every_request_of_the_transcript_is_answered_exactly_once() -> None:
    asked: list[tuple[bool, object]] = []
    answered: list[tuple[bool, object]] = []
    for line in _transcript():
        if line.message.id is msgspec.UNSET:
            continue
        if line.method:
            asked.append((line.to_plugin, line.message.id))
        else:
            assert (not line.to_plugin, line.message.id) in asked, line
            answered.append((not line.to_plugin, line.message.id))
    assert sorted(map(str, asked)) == sorted(map(str, answered))
    assert len(set(asked)) == len(asked)


def test_errors_of_the_transcript_are_in_the_table_of_errors() -> None:
    errors = [line.message.error for line in _transcript()]
    codes = [jsonrpc.decode_error(error).code for error in errors if isinstance(error, msgspec.Raw)]
    assert codes
    assert set(codes) <= set(NAMES)


def test_the_handshake_of_the_transcript_agrees_on_a_version_that_is_spoken() -> None:
    lines = _transcript()
    offered = msgspec.json.decode(lines[0].params, type=InitializeParams).protocol_versions
    assert _initialized().protocol_version in offered
    assert set(offered) <= set(PROTOCOL_VERSIONS)


def test_the_table_of_errors_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| (-\d+) \| `(\w+)` \|", DOCUMENT, re.MULTILINE)
    assert {int(code): name for code, name in rows} == NAMES
    assert len(rows) == len(NAMES)


def test_the_table_of_methods_is_that_of_the_code() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([a-z ]+) \| ([a-z]+) \|", DOCUMENT, re.MULTILINE)
    documented = {name: (direction, kind) for name, direction, kind in rows if kind in KINDS}
    assert documented == {row.name: (DIRECTIONS[row.direction], row.kind) for row in METHODS.values()}


def test_the_reserved_names_are_those_of_the_code() -> None:
    found = re.search(r"These first parts are reserved: `([a-z ]+)`", DOCUMENT)
    assert found is not None
    assert set(found[1].split()) == RESERVED_NAMESPACES


def test_the_bounds_are_those_of_the_code() -> None:
    bounds = {
        "longest line, without its newline": format_size(MAX_FRAME_BYTES),
        "requests that are served at once, per direction": f"{MAX_IN_FLIGHT:,}",
        "requests that wait behind them": f"{MAX_WAITING:,}",
        "bytes queued for a side that does not read": format_size(MAX_BUFFERED_BYTES),
        "credit in items": f"{STREAM_CREDIT:,}",
        "unacknowledged bytes at which a producer stops": format_size(MAX_UNACKNOWLEDGED_BYTES),
        "consumed bytes after which a consumer acknowledges": format_size(ACKNOWLEDGE_BYTES),
    }
    for what, value in bounds.items():
        assert f"| {what} | {value} |" in DOCUMENT
    assert f"a text of at most {MAX_ID_CHARS} characters" in DOCUMENT
    assert f"the line's first {HEAD_BYTES} bytes" in DOCUMENT


def _transcript() -> list[Line]:
    lines: list[Line] = []
    for block in re.findall(r"^```transcript\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL):
        for text in block.splitlines():
            arrow, _, frame = text.partition(" ")
            assert arrow in ("->", "<-"), text
            messages, faults = jsonrpc.decode_block(frame.encode() + b"\n")
            assert not faults, text
            assert len(messages) == 1, text
            lines.append(Line(arrow == "->", messages[0]))
    return lines


def _initialized() -> InitializeResult:
    answer = _transcript()[1].message
    assert isinstance(answer.result, msgspec.Raw)
    return msgspec.json.decode(answer.result, type=InitializeResult)


def _announced() -> set[str]:
    return {method.name for method in _initialized().methods or ()}
