"""What a field of a form allows, in words."""

from typing import Any

import pytest
from tui.staged_config import config_page

from host.tui.forms.fields import fields_of
from host.tui.forms.typed import allowed


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "string", "maxLength": 80}, "string, at most 80 characters"),
        ({"type": "string", "minLength": 1}, "string, at least 1 character"),
        ({"type": "string", "minLength": 1, "maxLength": 1000}, "string, 1 to 1,000 characters"),
        ({"type": "array", "minItems": 2, "uniqueItems": True}, "array, at least 2 items, no item twice"),
        ({"type": ["string", "null"], "format": "uri"}, "string (uri), or null"),
        ({"const": "github"}, '"github"'),
        ({"enum": ["a", "b"]}, 'one of "a", "b"'),
        ({"enum": ["a", None], "type": ["string", "null"]}, 'one of "a", null'),
        (
            {"oneOf": [{"type": "integer"}, {"title": "by name", "type": "string"}]},
            "one of shape 1 (integer), by name",
        ),
        ({}, "any value"),
        ({"type": "integer", "minimum": 1, "maximum": 9}, "integer, at least 1, at most 9"),
    ],
)
def test_a_schema_is_told_in_words(schema: dict[str, Any], words: str):
    [field] = fields_of(config_page(schema={"properties": {"one": schema}}, values={})).values()
    assert allowed(field) == words
