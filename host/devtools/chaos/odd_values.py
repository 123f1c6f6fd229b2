"""Odd values: parameters made from a JSON Schema, right ones and wrong ones of each sort. Pure; from a seed.

A schema is the plugin's own and believed in nothing but its form: what can't be read counts as `any`.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal, cast

Sort = Literal["missing", "null", "wrong-type", "huge", "text", "unknown"]

HUGE_CHARS: Final = 200_000
"""Of a text that is too long for what it is meant for, and still fits a frame many times."""

HUGE_ITEMS: Final = 20_000
MAX_DEPTH: Final = 8
MAX_OF_SORT: Final = 24
"""Variants that are tried of one callable."""

ODD_TEXTS: Final = (
    "",
    " ",
    "\u0000",
    "\n\r\t",
    "\u202etxt.exe",
    "e\u0301" * 40,
    "👩‍👩‍👧‍👦",
    "../../../etc/passwd",
    "' OR 1=1; --",
    "<script>alert(1)</script>",
    "{{7*7}} %s %n {0}",
    "\x1b]52;c;Y2hhb3M=\x07",
    "NaN",
    "\ufeff\ufffe",
)
"""Texts that are right by type and wrong by nearly everything else."""

_OF_TYPE: Final[Mapping[str, Sequence[Any]]] = {
    "string": (17, True, ["text"], {"a": 1}),
    "integer": ("17", 1.5, [1], {"a": 1}),
    "number": ("1.5", [1.5], {"a": 1}),
    "boolean": ("true", 1, [True]),
    "array": ("a,b", 3, {"0": "a"}),
    "object": ("{}", 3, [1]),
}
_ANY: Final[Sequence[Any]] = (17, "text", [1, [2]], {"a": {"b": []}}, 1.5, True)


def resolved(root: Mapping[str, Any], schema: Any, depth: int = 0) -> Mapping[str, Any]:
    """Return a schema with a `$ref` into `$defs` followed, and the first real one of alternatives taken."""
    if not isinstance(schema, dict) or depth > MAX_DEPTH:
        return {}
    table = cast("dict[str, Any]", schema)
    ref = table.get("$ref")
    if isinstance(ref, str):
        known: Any = root.get("$defs")
        shared = cast("dict[str, Any]", known) if isinstance(known, dict) else {}
        return resolved(root, shared.get(ref.rpartition("/")[2]), depth + 1)
    for word in ("anyOf", "oneOf"):
        alternatives = table.get(word)
        if isinstance(alternatives, list):
            for one in cast("list[Any]", alternatives):
                found = resolved(root, one, depth + 1)
                if found.get("type") != "null":
                    return found
    return table


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the types that a schema names; none where it names none."""
    named: Any = schema.get("type")
    if isinstance(named, str):
        return (named,)
    return tuple(str(one) for one in cast("list[Any]", named)) if isinstance(named, list) else ()


def sample(root: Mapping[str, Any], schema: Any, depth: int = 0) -> Any:
    """Return a value that fits a schema, the plainest that there is."""
    shown = resolved(root, schema)
    if "default" in shown:
        return shown["default"]
    if "const" in shown:
        return shown["const"]
    choices = shown.get("enum")
    if isinstance(choices, list) and choices:
        return cast("list[Any]", choices)[0]
    kind = next((one for one in types_of(shown) if one != "null"), "")
    match kind:
        case "string":
            least = _whole(shown.get("minLength"), 0)
            return "chaos" + "x" * max(0, min(least, HUGE_CHARS) - 5)
        case "integer" | "number":
            return number_in(shown)
        case "boolean":
            return False
        case "array":
            items = [sample(root, shown.get("items"), depth + 1)] if depth < MAX_DEPTH else []
            return items * min(_whole(shown.get("minItems"), 0), 100)
        case "object":
            return sample_object(root, shown, depth)
        case _:
            return sample_object(root, shown, depth) if shown.get("properties") else "chaos"


def sample_object(root: Mapping[str, Any], schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """Return an object with all that a schema requires."""
    if depth > MAX_DEPTH:
        return {}
    inside = properties_of(schema)
    return {name: sample(root, inside.get(name), depth + 1) for name in required_of(schema)}


def properties_of(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of an object's schema."""
    found: Any = schema.get("properties")
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}


def required_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what an object must have."""
    found: Any = schema.get("required")
    return tuple(str(one) for one in cast("list[Any]", found)) if isinstance(found, list) else ()


def number_in(schema: Mapping[str, Any]) -> int | float:
    """Return a small number within a schema's bounds."""
    least, most = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    found: int | float = 0
    if isinstance(least, int | float) and found < least:
        found = least
    if isinstance(above, int | float) and found <= above:
        found = above + 1
    if isinstance(most, int | float) and found > most:
        found = most
    if isinstance(below, int | float) and found >= below:
        found = below - 1
    return found


def odd_objects(schema: Mapping[str, Any], sort: Sort, dice: random.Random) -> list[dict[str, Any]]:
    """Return parameters that are odd in one way each; at most `MAX_OF_SORT`, chosen by the dice."""
    found = list(_odd_objects(schema, sort, dice))
    return found if len(found) <= MAX_OF_SORT else dice.sample(found, MAX_OF_SORT)


def _odd_objects(schema: Mapping[str, Any], sort: Sort, dice: random.Random) -> Iterator[dict[str, Any]]:
    good = sample_object(schema, schema)
    inside = properties_of(schema)
    if sort == "missing":
        for name in required_of(schema):
            yield {key: value for key, value in good.items() if key != name}
        return
    if sort == "unknown":
        yield {**good, "chaos_unknown": dice.randrange(1_000)}
        return
    for name, described in inside.items():
        shown = resolved(schema, described)
        for value in odd_values(shown, sort, dice):
            yield {**good, name: value}
    if not inside and schema.get("additionalProperties") is not False:
        for value in odd_values({}, sort, dice):
            yield {"value": value}


def odd_values(schema: Mapping[str, Any], sort: Sort, dice: random.Random) -> Sequence[Any]:
    """Return values that are odd in one way, for one place."""
    kinds = types_of(schema)
    match sort:
        case "null":
            return (None,)
        case "wrong-type":
            wrong = _OF_TYPE.get(kinds[0], _ANY) if kinds else _ANY
            return dice.sample(wrong, 2)
        case "text":
            return dice.sample(ODD_TEXTS, 6) if not kinds or "string" in kinds else ()
        case "huge":
            return _huge(kinds)
        case _:
            return ()


def _huge(kinds: Sequence[str]) -> Sequence[Any]:
    found: list[Any] = []
    if not kinds or "string" in kinds:
        found.append("x" * HUGE_CHARS)
    if not kinds or "array" in kinds:
        found.append([0] * HUGE_ITEMS)
    if not kinds or "object" in kinds:
        found.append({f"key{number}": number for number in range(HUGE_ITEMS)})
    if "integer" in kinds:
        found += [2**63 - 1, -(2**63)]
    if "number" in kinds:
        found += [1e308, -1e308]
    return found


def _whole(value: Any, default: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else default


def junk_lines(dice: random.Random) -> list[bytes]:
    """Return lines that are no messages, each for another reason, in an order by the dice."""
    lines = [
        b"",
        b"not json at all",
        b'{"jsonrpc": "2.0", "id": 1, "method"',
        b'{"jsonrpc": "1.0", "method": "plugin.ping", "id": 1}',
        b'{"jsonrpc": "2.0", "method": 17, "id": 1}',
        b'{"jsonrpc": "2.0", "id": {"a": 1}, "method": "plugin.ping"}',
        b'{"jsonrpc": "2.0", "id": 987654321, "result": {}}',
        b'{"jsonrpc": "2.0", "id": 987654321, "error": "no object"}',
        b'[{"jsonrpc": "2.0", "method": "plugin.ping", "id": 1}]',
        b'"a text"',
        b"17",
        b"null",
        b"\xff\xfe\x00\x80",
        b"\x1b[2J\x07",
        b"[" * 2_000 + b"]" * 2_000,
        bytes(byte for byte in dice.randbytes(400) if byte != 10),
    ]
    dice.shuffle(lines)
    return lines
