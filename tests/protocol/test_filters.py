"""Filters on the data of events."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.filters import (
    above,
    below,
    compile_where,
    contains,
    equals,
    exists,
    not_equals,
    one_of,
    starts_with,
    where_fault,
    written,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)
DATA: dict[str, Any] = {
    "content": "say !example",
    "size": 7,
    "tags": ["x", "y"],
    "user": {"name": "ada", "admin": True},
    "none": None,
}


@pytest.mark.parametrize(
    ("where", "passes"),
    [
        ({}, True),
        ({"content": contains("!example")}, True),
        ({"content": contains("!other")}, False),
        ({"tags": contains("x")}, True),
        ({"size": contains("7")}, False),
        ({"content": contains(7)}, False),
        ({"size": 7}, True),
        ({"size": equals(8)}, False),
        ({"user.admin": True}, True),
        ({"user.admin": 1}, False),
        ({"none": None}, True),
        ({"missing": None}, False),
        ({"size": not_equals(8)}, True),
        ({"size": not_equals(7)}, False),
        ({"missing": not_equals(7)}, True),
        ({"content": starts_with("say")}, True),
        ({"size": starts_with("say")}, False),
        ({"user.name": one_of("bob", "ada")}, True),
        ({"user.name": one_of("bob")}, False),
        ({"user.admin": one_of(0, 1)}, False),
        ({"size": above(6.5)}, True),
        ({"size": above(7)}, False),
        ({"size": below(8)}, True),
        ({"user.admin": below(2)}, False),
        ({"user.name.first": exists()}, False),
        ({"user.name": exists(), "missing": exists(False)}, True),
        ({"size": 7, "content": contains("nothing")}, False),
    ],
)
def test_what_passes(where: dict[str, Any], passes: bool) -> None:
    full = written(where)
    assert where_fault(full) == ""
    compiled = compile_where(full)
    assert (compiled is None or compiled(DATA)) is passes


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({f"f{n}": equals(1) for n in range(17)}, "found 17 conditions"),
        ({"": equals(1)}, "1 to 8 names"),
        ({"a..b": equals(1)}, "1 to 8 names"),
        ({".".join("a" * 9): equals(1)}, "1 to 8 names"),
        ({"a": {"matches": "(a+)+$"}}, "allowed: one test of contains"),
        ({"a": {"contains": 1, "equals": 2}}, "allowed: one test of"),
        ({"a": {}}, "allowed: one test of"),
        ({"a": 7}, "allowed: one test of"),
        ({"a": starts_with(7)}, "can't be compared"),  # pyright: ignore[reportArgumentType]
        ({"a": {"one_of": "text"}}, "can't be compared"),
        ({"a": above("x")}, "can't be compared"),  # pyright: ignore[reportArgumentType]
        ({"a": {"exists": 1}}, "can't be compared"),
        ({"a": equals("x" * 1_001)}, "can't be compared"),
        ({"a.b": equals(object())}, "where.a.b.equals: found a value of type object; allowed: what JSON"),
        ({7: equals(1)}, "found the field 7"),
    ],
)
def test_what_is_no_filter_is_told_with_its_place(where: dict[Any, Any], words: str) -> None:
    assert words in where_fault(where)


@given(st.dictionaries(st.text(max_size=4), JSON, max_size=3), JSON)
def test_whatever_a_plugin_sends_is_a_fault_or_a_filter_that_never_raises(where: Any, data: Any) -> None:
    if where_fault(where) == "":
        compiled = compile_where(where)
        assert compiled is None or compiled(data) in (True, False)
