"""Filters on the data of events: `{"content": {"contains": "!example"}}`. Data, evaluated on both sides.

A condition names a field, by a dotted path, and one test. All conditions must hold. A field that is not
there, or of another kind than the test needs, fails every test but `exists` and `not_equals`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, cast

from protocol import jsonrpc

MAX_CONDITIONS: Final = 16
MAX_PATH_PARTS: Final = 8
MAX_OPERAND_CHARS: Final = 1_000

Filter = Callable[[Any], bool]


def contains(text: Any) -> dict[str, Any]:
    """Hold where a text has this text in it, or a list this item."""
    return {"contains": text}


def equals(value: Any) -> dict[str, Any]:
    """Hold where the field is this value."""
    return {"equals": value}


def not_equals(value: Any) -> dict[str, Any]:
    """Hold where it is not, also where it is missing."""
    return {"not_equals": value}


def starts_with(text: str) -> dict[str, Any]:
    """Hold where a text begins with this one."""
    return {"starts_with": text}


def one_of(*values: Any) -> dict[str, Any]:
    """Hold where the field is one of these values."""
    return {"one_of": list(values)}


def above(number: float) -> dict[str, Any]:
    """Hold where a number is greater."""
    return {"above": number}


def below(number: float) -> dict[str, Any]:
    """Hold where a number is less."""
    return {"below": number}


def exists(there: bool = True) -> dict[str, Any]:
    """Hold where the field is there, or is not."""
    return {"exists": there}


_MISSING: Final = object()


def _contains(value: Any, operand: Any) -> bool:
    if isinstance(value, str):
        return isinstance(operand, str) and operand in value
    return isinstance(value, list) and operand in value


def _same(value: Any, operand: Any) -> bool:
    """Compare; to Python true is 1, to JSON it is not."""
    return value == operand and isinstance(value, bool) == isinstance(operand, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_TESTS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "contains": _contains,
    "equals": lambda value, operand: value is not _MISSING and _same(value, operand),
    "not_equals": lambda value, operand: value is _MISSING or not _same(value, operand),
    "starts_with": lambda value, operand: isinstance(value, str) and value.startswith(operand),
    "one_of": lambda value, operand: value is not _MISSING and any(_same(value, one) for one in operand),
    "above": lambda value, operand: _number(value) and value > operand,
    "below": lambda value, operand: _number(value) and value < operand,
    "exists": lambda value, operand: (value is not _MISSING) is operand,
}
_OPERANDS: Final[dict[str, Callable[[Any], bool]]] = {
    "starts_with": lambda operand: isinstance(operand, str),
    "one_of": lambda operand: isinstance(operand, list),
    "above": _number,
    "below": _number,
    "exists": lambda operand: isinstance(operand, bool),
}


def where_fault(where: Mapping[str, Any]) -> str:
    """Return what is wrong with a filter; empty if nothing is."""
    if len(where) > MAX_CONDITIONS:
        return f"where: found {len(where)} conditions; allowed: at most {MAX_CONDITIONS}"
    for path, condition in where.items():
        if not isinstance(path, str):  # pyright: ignore[reportUnnecessaryIsInstance] - an author may write any
            return f"where: found the field {path!r:.80}; allowed: a field's name as text"
        parts = path.split(".")
        if len(parts) > MAX_PATH_PARTS or not all(parts):
            return (
                f"where: found the field {path[:80]!r}; allowed: 1 to {MAX_PATH_PARTS} names, divided by dots"
            )
        test, operand = _single(condition)
        if test not in _TESTS:
            return f"where.{path[:80]}: found {condition!r:.80}; allowed: one test of {', '.join(_TESTS)}"
        if not _is_json(operand):
            kind = type(operand).__name__
            return f"where.{path[:80]}.{test}: found a value of type {kind}; allowed: what JSON can express"
        if not _OPERANDS.get(test, lambda _: True)(operand) or len(repr(operand)) > MAX_OPERAND_CHARS:
            return f"where.{path[:80]}.{test}: found {str(operand)[:80]!r}, which it can't be compared with"
    return ""


def compile_where(where: Mapping[str, Any]) -> Filter | None:
    """Return the filter as a function of the data; None where everything passes."""
    if not where:
        return None
    conditions = [
        (path.split("."), _TESTS[test], operand)
        for path, condition in where.items()
        for test, operand in condition.items()
    ]

    def passes(data: Any) -> bool:
        return all(test(_field(data, path), operand) for path, test, operand in conditions)

    return passes


def written(where: Mapping[str, Any]) -> dict[str, Any]:
    """Return a filter as an author may write it, with plain values for `equals`, in its full form."""
    return {
        path: condition if isinstance(condition, dict) else equals(condition)
        for path, condition in where.items()
    }


def _is_json(value: Any) -> bool:
    try:
        jsonrpc.encode(value)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return False
    return True


def _single(condition: Any) -> tuple[str, Any]:
    """Return the one test of a condition and its operand; no name if it is no condition."""
    if not isinstance(condition, dict) or len(cast("dict[str, Any]", condition)) != 1:
        return "", None
    return next(iter(cast("dict[str, Any]", condition).items()))


def _field(data: Any, path: list[str]) -> Any:
    for name in path:
        if not isinstance(data, dict):
            return _MISSING
        data = cast("dict[str, Any]", data).get(name, _MISSING)
    return data
