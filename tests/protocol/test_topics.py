"""Topics and patterns: what is one, and what matches, against a matcher that is plain to see."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from host.routing.event_index import TopicIndex
from protocol.topics import as_name, matches, own_topic, pattern_fault, topic_fault

PARTS = st.sampled_from(["a", "b", "c"])
TOPICS = st.lists(PARTS, min_size=1, max_size=5).map(".".join)
PATTERNS = st.tuples(
    st.lists(st.sampled_from(["a", "b", "c", "*"]), max_size=4), st.sampled_from([(), ("**",), ("a",)])
).map(lambda two: ".".join([*two[0], *two[1]]) or "**")


def naive(pattern: list[str], topic: list[str]) -> bool:
    if not pattern:
        return not topic
    if pattern == ["**"]:
        return bool(topic)
    return bool(topic) and pattern[0] in ("*", topic[0]) and naive(pattern[1:], topic[1:])


@given(PATTERNS, TOPICS)
def test_a_pattern_matches_what_the_naive_matcher_says(pattern: str, topic: str) -> None:
    assert pattern_fault(pattern) == ""
    assert matches(pattern, topic) == naive(pattern.split("."), topic.split("."))


@given(st.lists(PATTERNS, max_size=12), st.lists(TOPICS, max_size=6), st.data())
def test_the_index_finds_whoever_matches_and_forgets_who_was_removed(
    patterns: list[str], topics: list[str], data: st.DataObject
) -> None:
    index: TopicIndex[int] = TopicIndex()
    for number, pattern in enumerate(patterns):
        index.add(pattern, number)
    gone = data.draw(st.sets(st.integers(0, max(0, len(patterns) - 1))))
    for number in gone:
        if number < len(patterns):
            index.remove(patterns[number], number)
    index.remove("a.b.never.there", 99)
    for topic in topics:
        expected = {n for n, one in enumerate(patterns) if n not in gone and matches(one, topic)}
        found = index.find(topic)
        assert sorted(found) == sorted(expected)


def test_an_index_from_which_all_is_removed_holds_nothing() -> None:
    index: TopicIndex[str] = TopicIndex()
    patterns = ["a.b.c", "a.*.c", "a.**", "**", "*"]
    for pattern in patterns:
        index.add(pattern, pattern)
    for pattern in patterns:
        index.remove(pattern, pattern)
    root = index._root  # pyright: ignore[reportPrivateUsage]
    assert (root.children, root.here, root.rest) == ({}, [], [])


@pytest.mark.parametrize(
    "topic", ["session.created", "a", "plugin.my-plugin.x_1", "session:lab.x", "A.b", ".".join("a" * 16)]
)
def test_what_is_a_topic(topic: str) -> None:
    assert topic_fault(topic) == ""
    assert pattern_fault(topic) == ""


@pytest.mark.parametrize(
    "topic",
    [
        "",
        ".",
        "a.",
        ".a",
        "a..b",
        "a b",
        "a.*",
        "**",
        "é",
        "a\n",
        "-a",
        "a" * 201,
        ".".join("a" * 17),
        "a\x1b",
    ],
)
def test_what_is_none(topic: str) -> None:
    assert "allowed: letters, digits" in topic_fault(topic)


@pytest.mark.parametrize("pattern", ["a.**.b", "**.a", "a*", "*a.b", "***", "a.", "", "*." * 16 + "*"])
def test_what_is_no_pattern(pattern: str) -> None:
    assert "topic: found" in pattern_fault(pattern)


def test_names_of_handlers_and_of_own_events() -> None:
    assert as_name("Session.created-late") == "session_created_late"
    assert own_topic("hello", "ready") == "plugin.hello.ready"
    assert own_topic("hello", "order.paid") == "order.paid"
