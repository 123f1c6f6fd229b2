"""Schemas of topics: what is held against them, and that no data can make it take long."""

from typing import Any

import pytest

from host.errors import InvalidParams
from host.routing.event_topics import Topics


def declared(schema: Any) -> Topics:
    topics = Topics()
    topics.declare("a.b", description="", durable=False, schema=schema, permission=None)
    return topics


@pytest.mark.parametrize(
    ("schema", "told"),
    [
        ({"type": "string", "pattern": "(a+)+$"}, "pattern: found '(a+)+$'; allowed: a regular expression"),
        ({"patternProperties": {"(a|aa)+$": {}}}, "patternProperties"),
        ({"properties": {"x": {"type": "text"}}}, "properties.x.type: found 'text'"),
        ({"$ref": "https://example.com/schema"}, "$ref: found "),
        ({"$ref": "#/$defs/gone"}, "$ref: found "),
        (
            {"type": "object", "requird": ["x"]},
            "the unknown keyword 'requird'; did you mean required?",
        ),
        (["string"], "allowed: a table: JSON Schema"),
    ],
)
def test_a_schema_that_can_not_be_held_against_data_in_bounded_time_is_refused_with_its_place(
    schema: Any, told: str
):
    with pytest.raises(InvalidParams, match=r"the schema of topic 'a\.b': ") as caught:
        declared(schema)
    assert told in caught.value.message


def test_data_need_not_be_an_object():
    topics = declared({"type": "array", "items": {"type": "integer"}})
    assert topics.encode("a.b", [1, 2]) == b"[1,2]"
    with pytest.raises(InvalidParams, match="0: 'x' is not of type 'integer'"):
        topics.encode("a.b", ["x"])


def test_a_text_longer_than_its_pattern_can_be_held_against_is_refused():
    topics = declared({"type": "string", "pattern": "^(x+x+)y"})
    assert topics.encode("a.b", "xxy")
    with pytest.raises(InvalidParams, match="does not match the pattern"):
        topics.encode("a.b", "x" * 100_000)


def test_ten_thousands_of_objects_are_told_apart_and_equal_ones_found():
    topics = declared({"type": "array", "uniqueItems": True})
    many: list[Any] = [{"number": number} for number in range(50_000)]
    assert topics.encode("a.b", [*many, 1, True, "1"])
    with pytest.raises(InvalidParams, match="not unique"):
        topics.encode("a.b", [*many, {"number": 7.0}])


def test_data_nested_deeper_than_can_be_followed_are_refused():
    topics = declared({"$ref": "#/$defs/nest", "$defs": {"nest": {"items": {"$ref": "#/$defs/nest"}}}})
    data: list[Any] = []
    for _ in range(500):
        data = [data]
    with pytest.raises(InvalidParams, match="nested too deeply for its schema"):
        topics.encode("a.b", data)
