"""Topics, patterns and filters."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.filters import compile_where, contains, where_fault, written
from protocol.topics import as_name, matches, own_topic, pattern_fault, topic_fault

PARTS = st.lists(st.sampled_from(["a", "b", "session"]), min_size=1, max_size=4)
PATTERNS = st.lists(st.sampled_from(["a", "b", "session", "*"]), min_size=1, max_size=4)


def naive(pattern: list[str], parts: list[str], rest: bool) -> bool:
    if not pattern:
        return bool(parts) if rest else not parts
    return bool(parts) and pattern[0] in ("*", parts[0]) and naive(pattern[1:], parts[1:], rest)


@given(PATTERNS, PARTS, st.booleans())
def test_a_pattern_matches_what_a_naive_matcher_says(
    pattern: list[str], parts: list[str], rest: bool
) -> None:
    text = ".".join([*pattern, "**"] if rest else pattern)
    assert not pattern_fault(text)
    assert matches(text, ".".join(parts)) == naive(pattern, parts, rest)


@given(st.text())
def test_every_topic_is_a_pattern_that_matches_itself(text: str) -> None:
    if not topic_fault(text):
        assert not pattern_fault(text)
        assert matches(text, text)
        assert matches("**", text)


@pytest.mark.parametrize("topic", ["", ".", "a.", ".a", "a..b", "a b", "a.*", "ä", "a\n", "x" * 201, "-a"])
def test_what_is_no_topic_is_refused_with_what_was_found(topic: str) -> None:
    assert repr(topic[:80]) in topic_fault(topic)


@pytest.mark.parametrize("pattern", ["**.a", "a.**.b", "a*", "***", ""])
def test_what_is_no_pattern_is_refused(pattern: str) -> None:
    assert "allowed:" in pattern_fault(pattern)


def test_names_of_topics() -> None:
    assert as_name("session.created-late") == "session_created_late"
    assert own_topic("chat", "ready") == "plugin.chat.ready"
    assert own_topic("chat", "session.created") == "session.created"


@pytest.mark.parametrize(
    ("where", "data", "passes"),
    [
        ({"content": contains("!example")}, {"content": "say !example"}, True),
        ({"content": contains("!example")}, {"content": "nothing"}, False),
        ({"content": contains("x")}, {}, False),
        ({"tags": contains("x")}, {"tags": ["x"]}, True),
        ({"user.name": "ada"}, {"user": {"name": "ada"}}, True),
        ({"user.name": "ada"}, {"user": "ada"}, False),
        ({"n": {"above": 3}, "m": {"below": 3}}, {"n": 4, "m": 2}, True),
        ({"n": {"above": 3}}, {"n": True}, False),
        ({"n": {"one_of": [1, 2]}}, {"n": 2}, True),
        ({"n": {"exists": False}}, {}, True),
        ({"n": {"not_equals": 1}}, {}, True),
        ({"n": {"starts_with": "a"}}, {"n": "abc"}, True),
        ({"n": {"equals": None}}, {"n": None}, True),
        ({"n": {"equals": None}}, {}, False),
        ({"n": {"odd": 1}}, {"n": {"odd": 1}}, True),
        ({"n": 1}, 7, False),
    ],
)
def test_a_filter_passes_what_fits_it(where: dict[str, Any], data: Any, passes: bool) -> None:
    full = written(where)
    assert where_fault(full) == ""
    compiled = compile_where(full)
    assert compiled is not None
    assert compiled(data) is passes


@pytest.mark.parametrize(
    "where",
    [
        {"n": 1},
        {"n": {}},
        {"n": {"odd": 1}},
        {"n": {"above": 1, "below": 2}},
        {"n": {"above": "x"}},
        {"": {"equals": 1}},
        {"a.b.c.d.e.f.g.h.i": {"equals": 1}},
        {"n": {"equals": "x" * 1_001}},
        {str(n): {"equals": 1} for n in range(17)},
    ],
)
def test_what_is_no_filter_is_refused_with_its_place(where: dict[str, Any]) -> None:
    assert where_fault(where).startswith("where")
    assert compile_where({}) is None
