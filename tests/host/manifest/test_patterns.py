import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from host.manifest.patterns import MAX_PATTERN_CHARS, TEXT_CHARS, text_limit


@pytest.mark.parametrize(
    ("pattern", "limit"),
    [
        (r"^#[0-9a-f]{6}$", TEXT_CHARS[0]),
        (r"^https://hooks\.example\.com/.*$", TEXT_CHARS[1]),
        (r"abc", TEXT_CHARS[1]),
        (r"^[a-z]+(-[a-z]+)*$", TEXT_CHARS[3]),
        (r"^(\d{1,3}\.){3}\d{1,3}$", TEXT_CHARS[0]),
        (r"^[^@\s]+@[^@\s]+\.[^@\s]+$", TEXT_CHARS[3]),
        (r"^(?:sk|pk)_[A-Za-z0-9]+$", TEXT_CHARS[1]),
    ],
)
def test_usual_expressions_are_allowed_with_a_bound(pattern: str, limit: int):
    assert text_limit(pattern) == limit


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+",
        "(a*)*$",
        "(a|a)*$",
        "(a|ab)+$",
        "(?:(?:a+)b?)+",
        "(a?){30}a{30}",
        "^" + "a?" * 30,
        "(a|a)" * 40,
        ".*.*.*.*.*x",
        r"(.*)\1",
        r"(?<=a)b",
        r"(-a*-a*)*",
        r"((a{1,30}){1,30}){1,30}",
        "(",
        "[",
        "*",
        "a" * (MAX_PATTERN_CHARS + 1),
        "(" * 100 + ")" * 100,
    ],
)
def test_what_could_take_for_ever_or_is_no_expression_is_refused(pattern: str):
    with pytest.raises(ValueError, match="regular expression"):
        text_limit(pattern)


PIECES = st.lists(
    st.sampled_from(["a", "b", "-", "(", ")", "|", "*", "+", "?", "{1,3}", "[ab]", ".", "^", "$"]),
    max_size=10,
)


@settings(deadline=2_000)
@given(PIECES.map("".join), st.sampled_from(["a", "ab", "-a", "a-"]))
def test_an_allowed_expression_ends_on_the_longest_text_that_it_is_held_against(pattern: str, turn: str):
    try:
        limit = text_limit(pattern)
    except ValueError:
        return
    # A tenth of the bound, for a quick test: what is exponential does not end on that either.
    text = (turn * limit)[: max(40, min(limit // 10, 400))]
    re.search(pattern, text + "\n!")
