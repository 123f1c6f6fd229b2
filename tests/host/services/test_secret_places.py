"""Where secrets are found and replaced, without a process."""

from host.masking import MASK, KnownSecrets
from host.services.configuration_schema import Schema


def test_secrets_are_found_at_any_depth() -> None:
    schema = Schema(
        {
            "properties": {
                "a": {"items": {"oneOf": [{"type": "string", "writeOnly": True}, {"type": "integer"}]}},
                "b": {"allOf": [{"$ref": "#/$defs/b"}]},
                "c": {"additionalProperties": {"x-secret": True}},
                "d": {"prefixItems": [{}, {"x-secret": True}]},
                "e": {"if": {}, "then": {"properties": {"f": {"writeOnly": True}}}},
                "max_tokens": {"type": "integer"},
            },
            "$defs": {"b": {"properties": {"c": {"$ref": "#/$defs/b"}, "s": {"writeOnly": True}}}},
        }
    )
    value = {
        "a": ["one-secret"],
        "b": {"c": {"c": {"s": {"x": "two-secret"}}}},
        "c": {"any": "three-secret"},
        "d": ["open", "four-secret"],
        "e": {"f": 123456},
        "max_tokens": 100,
        "api_key": "five-secret",
    }
    assert schema.secrets(value) == {
        "one-secret",
        "two-secret",
        "three-secret",
        "four-secret",
        "five-secret",
        "123456",
    }
    assert schema.masked(value) == {
        "a": [MASK],
        "b": {"c": {"c": {"s": MASK}}},
        "c": {"any": MASK},
        "d": ["open", MASK],
        "e": {"f": MASK},
        "max_tokens": 100,
        "api_key": MASK,
    }


def test_a_secret_is_replaced_in_every_way_of_writing_it() -> None:
    known = KnownSecrets()
    assert known.cleared("short and s3cr3t/ä") == "short and s3cr3t/ä"
    known.learn(["short", "s3cr3t/ä", "-----BEGIN\nlines-of-it"])
    for text in ("s3cr3t/ä", "s3cr3t/\\u00e4", "s3cr3t%2F%C3%A4", "s3cr3t/%C3%A4", "lines-of-it"):
        assert known.cleared(f"a {text} b") == f"a {MASK} b"
    assert known.cleared("short") == "short", "five characters are part of too much"
    assert known.cleared("ends in s3cr", cut=True) == f"ends in {MASK}"
    assert known.cleared_value({"a": ("s3cr3t/ä", 7)}) == {"a": (MASK, 7)}
