"""The generated files: fresh, repeatable, and a true picture of the table of methods."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator

import protocol.schema
from protocol import jsonrpc
from protocol.errors import NAMES, OVERLOADED, ErrorObject
from protocol.methods import METHODS
from protocol.schema import generated

FOLDER = Path(protocol.schema.__file__).parent


@pytest.mark.parametrize("name", ["messages.json", "openrpc.json"])
def test_a_generated_file_is_fresh(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == generated()[name], "it is stale: run `make schema`"


def test_every_json_file_of_the_folder_is_generated() -> None:
    assert {path.name for path in FOLDER.glob("*.json")} == set(generated())


def test_generating_twice_gives_the_same_text_with_one_newline_at_its_end() -> None:
    first, second = generated(), generated()
    assert first == second
    assert all(text.endswith("}\n") for text in first.values())


def test_every_built_in_method_is_described_with_its_direction_and_kind() -> None:
    document = json.loads(generated()["openrpc.json"])
    described = {entry["name"]: (entry["x-direction"], entry["x-kind"]) for entry in document["methods"]}
    assert described == {row.name: (row.direction, row.kind) for row in METHODS.values()}


def test_only_notifications_have_no_result() -> None:
    document = json.loads(generated()["openrpc.json"])
    without = {entry["name"] for entry in document["methods"] if "result" not in entry}
    assert without == {row.name for row in METHODS.values() if row.kind == "notification"}


def test_every_error_code_is_described() -> None:
    errors = json.loads(generated()["openrpc.json"])["components"]["errors"]
    assert {error["code"]: name for name, error in errors.items()} == NAMES


@pytest.mark.parametrize("name", ["messages.json", "openrpc.json"])
def test_every_reference_leads_somewhere(name: str) -> None:
    document = json.loads(generated()[name])
    references = [*_references(document)]
    assert references
    for reference in references:
        place: Any = document
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


@pytest.mark.parametrize(
    "line",
    [
        jsonrpc.build_request(1, b'"greet"', b'{"name":"Ada"}'),
        jsonrpc.build_request(1, b'"host.info"', b""),
        jsonrpc.build_notification(b'"$/cancel"', b'{"id":1}'),
        jsonrpc.build_result("a", b"null"),
        jsonrpc.build_error(1, ErrorObject(OVERLOADED, "too much")),
        jsonrpc.build_error(None, ErrorObject(OVERLOADED, "too much", {"a": 1})),
    ],
)
def test_what_is_written_on_the_wire_matches_the_schema(line: bytes) -> None:
    assert _matches(json.loads(line))


@pytest.mark.parametrize(
    "message",
    [
        {"id": 1, "method": "greet"},
        {"jsonrpc": "2.0", "id": None, "method": "greet"},
        {"jsonrpc": "2.0", "id": 1},
        {"jsonrpc": "2.0", "id": None, "result": 1},
        {"jsonrpc": "2.0", "id": 1, "result": 1, "error": {"code": 1, "message": "both"}},
        {"jsonrpc": "2.0", "id": 1, "error": {"message": "no code"}},
        {"jsonrpc": "2.0", "id": 1, "method": "greet", "params": "text"},
        [],
    ],
)
def test_what_is_no_message_does_not_match_the_schema(message: Any) -> None:
    assert not _matches(message)


def _matches(message: Any) -> bool:
    schema: dict[str, Any] = msgspec.json.decode(generated()["messages.json"])
    Draft202012Validator.check_schema(schema)
    validator: Any = Draft202012Validator(schema)  # its stubs don't know what a message is
    return validator.is_valid(message)


def _references(value: Any) -> list[str]:
    match value:
        case {"$ref": str(reference)}:
            return [reference]
        case dict():
            return [found for item in value.values() for found in _references(item)]  # pyright: ignore[reportUnknownVariableType]
        case list():
            return [found for item in value for found in _references(item)]  # pyright: ignore[reportUnknownVariableType]
        case _:
            return []
