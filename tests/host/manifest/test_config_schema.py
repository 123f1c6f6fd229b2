from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.manifest.config_schema import SchemaFault, merge, normalise, validator
from host.manifest.schema_reader import MAX_DEPTH
from host.manifest.schema_words import DIALECT

JSON_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "webhookUrl": {"type": "string", "pattern": r"^https://hooks\.example\.com/.*$"},
        "notifyOn": {"type": "enum", "enum": ["all", "users", "errors"], "default": "all"},
        "rateLimit": {"type": "number", "minimum": 1, "maximum": 100, "default": 20},
    },
    "required": ["webhookUrl"],
}
FLAT = {
    "api_key": {"type": "string", "required": True, "description": "API key for the service"},
    "timeout": {"type": "integer", "default": 30, "description": "Request timeout in seconds"},
}
LABELLED = {"enableFeature": {"type": "boolean", "default": True, "label": "Enable the feature"}}


def clean(schema: object) -> dict[str, Any]:
    document, faults = normalise(schema)
    assert faults == []
    return document


def faults(schema: object) -> dict[str, SchemaFault]:
    found = normalise(schema)[1]
    assert found
    return {fault.path: fault for fault in found}


def test_json_schema_keeps_its_words_and_an_enum_loses_its_type():
    assert clean(JSON_SCHEMA) == {
        "$schema": DIALECT,
        **JSON_SCHEMA,
        "properties": JSON_SCHEMA["properties"]
        | {"notifyOn": {"enum": ["all", "users", "errors"], "default": "all"}},
    }


def test_a_flat_table_becomes_properties_and_the_list_of_required_ones():
    assert clean(FLAT) == {
        "$schema": DIALECT,
        "type": "object",
        "properties": {
            "api_key": {"type": "string", "description": "API key for the service"},
            "timeout": {"type": "integer", "default": 30, "description": "Request timeout in seconds"},
        },
        "required": ["api_key"],
    }


def test_a_label_becomes_the_title():
    assert clean(LABELLED)["properties"]["enableFeature"] == {
        "type": "boolean",
        "default": True,
        "title": "Enable the feature",
    }


@pytest.mark.parametrize("schema", [JSON_SCHEMA, FLAT, LABELLED])
def test_what_is_normal_stays_as_it_is(schema: dict[str, Any]):
    assert clean(clean(schema)) == clean(schema)


@pytest.mark.parametrize("name", ["type", "properties", "default", "title", "required"])
def test_a_setting_may_be_called_like_a_keyword(name: str):
    assert clean({name: {"type": "string"}})["properties"] == {name: {"type": "string"}}
    inside = {"type": "object", "properties": {name: {"type": "string", "default": "x"}}}
    assert clean(inside)["properties"] == {name: {"type": "string", "default": "x"}}


def test_required_settings_inside_of_a_table_of_settings_are_found_too():
    schema = {"mail": {"type": "object", "properties": {"host": {"type": "string", "required": True}}}}
    assert clean(schema)["properties"]["mail"]["required"] == ["host"]


@pytest.mark.parametrize("rule", [{"format": "password"}, {"x-secret": True}, {"writeOnly": True}])
def test_every_spelling_of_a_secret_is_write_only(rule: dict[str, Any]):
    assert clean({"key": {"type": "string"} | rule})["properties"]["key"]["writeOnly"] is True


def test_a_schema_that_is_wrong_in_three_places_is_told_three_faults():
    found = faults(
        {
            "type": "object",
            "properties": {
                "a": {"type": "strng"},
                "b": {"type": "string", "minLenght": 1},
                "c": {"type": "string", "format": "e-mail"},
            },
        }
    )
    assert found["properties.a.type"].allowed == "did you mean string?"
    assert "minLength" in found["properties.b.minLenght"].allowed
    assert found["properties.c.format"].allowed == "did you mean email?"


def test_places_are_those_of_the_form_that_was_written():
    assert set(faults({"a": {"type": "strng"}, "b": {"type": "integer", "default": "x"}})) == {"a.type"}
    assert set(faults({"b": {"type": "integer", "default": "x"}})) == {"b.default"}
    assert set(faults({"b": {"type": "integer", "minimum": "x"}})) == {"b.minimum"}


def test_one_entry_that_is_no_table_leaves_the_others_what_they_are():
    found = faults({"a": 5, "b": {"type": "strng"}, "c": {"type": "string", "required": "true"}})
    assert set(found) == {"a", "b.type", "c.required"}
    assert found["a"].found == "5"
    assert found["a"].allowed.startswith("a table such as")
    assert found["b.type"].allowed == "did you mean string?"
    assert found["c.required"].allowed == "true or false"
    assert set(faults({"$id": "x", "definitions": {"type": "object"}})) == {"$id", "definitions"}


def test_every_default_that_its_own_schema_does_not_allow_is_a_fault():
    found = faults(
        {
            "a": {"type": "integer", "default": "many"},
            "b": {"type": "enum", "enum": ["x"], "default": "y"},
            "c": {"type": "object", "properties": {}, "default": []},
            "d": {"type": "string", "format": "email", "default": "nobody"},
        }
    )
    assert set(found) == {"a.default", "b.default", "c.default", "d.default"}


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"type": "array"}, "type"),
        ({"type": "object", "properties": []}, "properties"),
        ({"type": "object", "required": "a"}, "required"),
        ({"type": "object", "$ref": "https://example.com/schema"}, "$ref"),
        ({"type": "object", "$ref": "#/$defs/gone"}, "$ref"),
        ({"type": "object", "$ref": "#"}, "$ref"),
        ({"$schema": "http://json-schema.org/draft-03/schema#", "type": "object"}, "$schema"),
        ({"type": "object", "definitions": {}}, "definitions"),
        ({"a": {"type": "enum"}}, "a.enum"),
        ({"a": {"type": ["string", "nul"]}}, "a.type"),
        ({"a": {"type": "string", "pattern": "(a+)+"}}, "a.pattern"),
        ({"a": {"type": "string", "writeOnly": "yes"}}, "a.writeOnly"),
        ({"a": "string"}, "a"),
        ([], ""),
        (None, ""),
        ({"a": {"type": "number", "default": float("nan")}}, ""),
        ({"a": {"type": "string", "description": "x" * 200_000}}, ""),
        ({"type": "object", "allOf": {}}, "allOf"),
    ],
)
def test_each_of_these_is_a_fault_at_its_place(schema: object, path: str):
    assert path in faults(schema)


def test_a_keyword_of_ones_own_begins_with_x():
    assert clean({"a": {"type": "string", "x-restart": True}})["properties"]["a"]["x-restart"] is True


def test_schemas_nested_too_deep_are_a_fault():
    schema: dict[str, Any] = {"type": "string"}
    for _ in range(MAX_DEPTH + 2):
        schema = {"type": "object", "properties": {"x": schema}}
    assert "too deep" in next(iter(faults(schema).values())).found


def test_a_schema_of_too_many_parts_is_a_fault():
    assert "parts" in faults({f"k{number}": {"type": "string"} for number in range(3_000)})[""].found


def test_code_adds_to_the_manifests_schema_and_does_not_change_it():
    manifest = clean({"a": {"type": "integer", "default": 1, "required": True}})
    code = clean(
        {
            "a": {"type": "string", "minLength": 3},
            "b": {"type": "string", "required": True},
        }
    )
    merged = merge(manifest, code)
    assert merged["properties"] == {"a": {"type": "integer", "default": 1}, "b": {"type": "string"}}
    assert merged["required"] == ["a", "b"]
    assert merge(None, code) == code
    assert merge(manifest, None) == manifest
    assert merge(manifest, {"type": "object", "properties": {"a": {"title": "A"}}})["properties"]["a"] == {
        "type": "integer",
        "default": 1,
        "title": "A",
    }


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("date", "2025-01-31", "2025-02-31"),
        ("date-time", "2025-01-31T10:00:00Z", "2025-01-31 10:00"),
        ("time", "10:00:00", "25:00"),
        ("duration", "P1DT2H", "P"),
        ("email", "ada@example.com", "ada"),
        ("hostname", "example.com", "-x-"),
        ("ipv4", "127.0.0.1", "127.0.0.300"),
        ("ipv6", "::1", ":::"),
        ("uri", "https://example.com/x", "example"),
        ("uuid", "12345678-1234-5678-1234-567812345678", "1234"),
        ("regex", "^a+$", "("),
        ("json-pointer", "/a/b", "a"),
    ],
)
def test_formats_are_checked(kind: str, good: str, bad: str):
    check = validator(clean({"a": {"type": "string", "format": kind}}))
    assert check.is_valid({"a": good})
    assert not check.is_valid({"a": bad})


def test_a_text_that_a_pattern_cant_be_held_against_in_time_does_not_match():
    check = validator(clean({"a": {"type": "string", "pattern": r"^[a-z]+@[a-z]+\.[a-z]+$"}}))
    assert check.is_valid({"a": "ada@example.com"})
    assert not check.is_valid({"a": "a" * 100_000 + "@example.com"})


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["type", "properties", "required", "default", "enum", "items", "x"])
                | st.text(max_size=4),
                inner,
                max_size=4,
            )
        ),
    )
)
def test_any_value_is_a_schema_or_has_faults(value: object):
    document, found = normalise(value)
    if not found:
        assert document["type"] == "object"
        assert normalise(document) == (document, [])
        validator(document).is_valid({})


def _doubling(levels: int) -> dict[str, Any]:
    """Return a schema of a few lines, each of which leads to the next one twice."""
    definitions: dict[str, Any] = {
        f"a{level}": {"allOf": [{"$ref": f"#/$defs/a{level + 1}"}] * 2} for level in range(levels)
    }
    definitions[f"a{levels}"] = {}
    return {"type": "object", "$defs": definitions, "properties": {"p": {"$ref": "#/$defs/a0"}}}


def test_references_that_lead_on_without_end_are_one_fault() -> None:
    for has_default in (False, True):
        schema = _doubling(40)
        if has_default:
            schema["properties"]["p"]["default"] = {}
        _, faults = normalise(schema)
        assert {"places" in one.allowed or "references" in one.allowed for one in faults} == {True}
        assert 1 <= len(faults) <= 2


def test_a_value_is_not_held_against_references_without_end() -> None:
    with pytest.raises(RecursionError, match="references are followed"):
        validator(_doubling(40)).is_valid({"p": 1})


def test_a_reference_to_the_schema_itself_has_its_own_bounds() -> None:
    schema, faults = normalise(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "properties": {"again": {"$ref": "#"}, "text": {"type": "string", "pattern": "^(xy?)+$"}},
        }
    )
    if not faults:  # a pattern that repeats what repeats is refused already
        assert not validator(schema).is_valid({"again": {"text": "x" * 5_000_000}})
    schema, faults = normalise(
        {"properties": {"again": {"$ref": "#"}, "text": {"type": "string", "pattern": "^x*y*z$"}}}
    )
    assert faults == []
    assert not validator(schema).is_valid({"again": {"text": "x" * 5_000_000 + "z"}})
