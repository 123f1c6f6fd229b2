import random
from typing import Any

import pytest

from host.devtools.chaos.odd_values import MAX_OF_SORT, junk_lines, odd_objects, sample_object
from host.devtools.chaos.surface import topic_of
from protocol.openrpc import params_schema

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 8},
        "age": {"type": "integer", "minimum": 18},
        "friend": {"anyOf": [{"type": "null"}, {"$ref": "#/$defs/Friend"}]},
    },
    "required": ["name", "age"],
    "additionalProperties": False,
    "$defs": {"Friend": {"type": "object", "properties": {"id": {"const": 7}}, "required": ["id"]}},
}


def dice() -> random.Random:
    return random.Random("1")


def test_a_sample_fits_the_schema():
    assert sample_object(SCHEMA, SCHEMA) == {"name": "chaosxxx", "age": 18}
    assert sample_object(
        SCHEMA, {"properties": {"friend": SCHEMA["properties"]["friend"]}, "required": ["friend"]}
    ) == {"friend": {"id": 7}}


@pytest.mark.parametrize("sort", ["missing", "null", "wrong-type", "huge", "text", "unknown"])
def test_each_variant_is_odd_in_one_place_alone(sort: Any):
    good = sample_object(SCHEMA, SCHEMA)
    found = odd_objects(SCHEMA, sort, dice())
    assert 0 < len(found) <= MAX_OF_SORT
    for one in found:
        places = {*good, *one}
        assert sum(one.get(key, "absent") != good.get(key, "absent") for key in places) == 1


def test_the_same_dice_throw_the_same_values():
    assert odd_objects(SCHEMA, "text", dice()) == odd_objects(SCHEMA, "text", dice())
    assert junk_lines(dice()) == junk_lines(dice())


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"properties": []},
        {"properties": {"a": 7}},
        {"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": 3},
    ],
)
def test_a_schema_that_can_not_be_read_counts_as_any(schema: Any):
    for sort in ("null", "wrong-type", "huge"):
        assert odd_objects(schema, sort, dice())


def test_a_schema_that_refers_to_itself_ends():
    schema: dict[str, Any] = {
        "$defs": {"A": {"$ref": "#/$defs/A"}},
        "properties": {"a": {"$ref": "#/$defs/A"}},
    }
    assert odd_objects(schema | {"required": ["a"]}, "null", dice())


def test_no_junk_line_ends_before_its_end():
    lines = junk_lines(dice())
    assert len(lines) == len(set(lines))
    assert not any(b"\n" in line for line in lines)


def test_a_methods_schema_is_put_together_from_its_document():
    entry = {
        "name": "greet",
        "params": [{"name": "who", "required": True, "schema": {"type": "string"}}, {"name": 7}, "odd"],
    }
    assert params_schema(entry) == {
        "type": "object",
        "properties": {"who": {"type": "string"}},
        "additionalProperties": False,
        "required": ["who"],
    }
    assert params_schema({"params": "odd"})["properties"] == {}
    odd = {"params": [{"name": "who", "schema": {"$defs": [7]}}]}
    assert params_schema(odd)["properties"] == {"who": {}}


def test_a_topic_is_one_that_the_pattern_covers():
    assert topic_of("user.*.login.**") == "user.chaos.login.chaos"
