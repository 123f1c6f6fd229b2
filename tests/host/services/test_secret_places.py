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
    assert known.beginning("s3cr3t/ä is cut", 4) == f"{MASK} "
    assert known.beginning("it was cut: s3cr", 16) == f"it was cut: {MASK}"
    assert known.beginning("it was s3cr", 16) == "it was s3cr"


def test_what_is_too_deep_to_be_looked_through_is_replaced_as_a_whole() -> None:
    known = KnownSecrets()
    known.learn(["s3cr3t/ä"])
    deep: object = "s3cr3t/ä"
    for _ in range(10_000):
        deep = [deep]
    assert known.cleared_value(deep) == MASK


def test_what_stands_where_a_container_of_secrets_should_is_one() -> None:
    secret = {"type": "string", "x-secret": True}
    schema = Schema(
        {
            "type": "object",
            "properties": {
                "list": {"type": "array", "items": secret},
                "table": {"type": "object", "additionalProperties": secret},
                "untyped": {"items": {"$ref": "#/$defs/pair"}},
                "either": {"anyOf": [{"type": "integer"}, {"enum": ["none"]}, {"$ref": "#/$defs/pair"}]},
                "open": {"type": "array", "items": {"type": "string"}},
            },
            "$defs": {"pair": {"type": "array", "prefixItems": [{"type": "string"}, secret]}},
        }
    )
    wrong = ["one-secret", 123456, True, {"a": "two-secret"}, {"0": ["three-secret"]}]
    for key in ("list", "untyped"):
        assert [schema.masked({key: value})[key] for value in wrong] == [MASK] * len(wrong)
        assert [schema.masked("a-secret", (key, *path)) for path in (("a",), ("a", "b"))] == [MASK] * 2
    assert schema.masked({"table": ["one-secret", ["two"]]}) == {"table": MASK}
    assert schema.secrets({"list": "one-secret", "table": ["two-secret"], "untyped": {"a": 123456}}) == {
        "one-secret",
        "two-secret",
        "123456",
    }
    told = [str(one) for one in schema.check({"list": "one-secret", "open": "shown"}, "set")]
    assert told == [f"set: list: found {MASK!r}; allowed: array", "set: open: found 'shown'; allowed: array"]
    assert schema.masked({"either": "a-secret"}) == {"either": MASK}
    fits: list[dict[str, object]] = [
        {"either": 7},
        {"either": "none"},
        {"either": ["ada", MASK]},
        {"list": []},
    ]
    for value in (*fits, {"open": "shown"}):
        assert schema.masked(value) == value
