"""What passes into the model: text that a terminal can't be harmed by."""

import unicodedata
from pathlib import Path

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tui.staged_lines import log_rows
from tui.staged_rows import HOSTILE, plugin_row

from host.tui.border import MAX_TEXT_CHARS, clean, clean_line, cleaned


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]52;c;ZXZpbA==\x07after", "after"),
        ("\x1b]52;c;ZXZpbA==\x1b\\after", "after"),
        ("\x1b]0;title without an end", ""),
        ("\x1bP1$r0m\x1b\\after", "after"),
        ("\x9b2Jx", "x"),
        ("\x9d52;c;abc\x9cx", "x"),
        ("a\x00b\x07c\x7fd\x85e", "abcde"),
        ("a\u202eb\u2066c\u200fd\ufeffe", "abcde"),
        ("a\tb", "a    b"),
        ("a\nb\r\nc", "a b c"),
        ("a\u00a0b\u2028c", "a b c"),
        ("a\ud800b", "ab"),
        ("e\u0301\u0301\u0301\u0301", "e\u0301\u0301"),
        ("\u0301\u0301x", "x"),
        ("[bold]x[/bold]", "[bold]x[/bold]"),
        ("日本語", "日本語"),
    ],
)
def test_a_text_is_taken_apart_from_what_a_terminal_would_obey(text: str, shown: str):
    assert clean(text) == shown


def test_a_log_keeps_its_line_breaks_but_not_those_at_its_end():
    assert clean("a\n\x1b[1mb\n\n", lines=True) == "a\nb"


def test_a_long_text_is_cut_and_says_so():
    assert clean("x" * (MAX_TEXT_CHARS + 1)) == "x" * MAX_TEXT_CHARS + "…"


@given(st.text())
@example("\x08\U000e0100")
@example("\u00a0\u0301")
def test_nothing_that_moves_a_cursor_comes_through(text: str):
    for char in clean(text):
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    assert clean(clean(text)) == clean(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda x: st.lists(x) | st.dictionaries(st.text(), x),
    )
)
def test_every_text_in_a_value_is_clean(value: object):
    assert cleaned(cleaned(value)) == cleaned(value)


def test_a_row_that_is_clean_is_itself():
    row = plugin_row("github", tags=("a", "b"))
    assert cleaned(row) is row
    line = log_rows(["github"], 1)[0]
    assert clean_line(line) is line


def test_every_text_of_a_row_is_clean():
    row = cleaned(plugin_row("github", name=HOSTILE, tags=(HOSTILE,)))
    assert "\x1b" not in str(msgspec.to_builtins(row))
    line = clean_line(
        msgspec.structs.replace(log_rows(["x"], 1)[0], text=HOSTILE, fields={HOSTILE: [HOSTILE]})
    )
    assert "\x1b" not in str(msgspec.to_builtins(line))


@pytest.mark.parametrize("text", ['it said "no"', "a \\ b", '\\"', "a/b", "", "~ !"])
def test_what_is_printable_stays_itself_whatever_json_makes_of_it(text: str):
    line = msgspec.structs.replace(log_rows(["x"], 1)[0], text=text, fields={text: [text, {"a": text}]})
    assert clean_line(line) is line
    assert cleaned(line.fields) is line.fields


@given(st.text(), st.text(st.sampled_from('\\"u0 1b\x1b\x7f\n\x00\x9bn')))
def test_a_line_is_as_clean_as_its_texts_are(text: str, tricky: str):
    for found in (text, tricky, text + tricky):
        line = clean_line(
            msgspec.structs.replace(log_rows(["x"], 1)[0], text=found, plugin=found, fields={"f": found})
        )
        assert (line.text, line.plugin) == (clean(found, lines=True), clean(found))
        assert line.fields == {"f": clean(found)}


def test_what_json_has_no_form_for_is_clean_too():
    assert cleaned({"a": 2**70, "b": Path("a\x1bb"), "c": "\x1b[1mx"}) == {"a": 2**70, "b": "a", "c": "x"}


def test_only_lines_are_lines():
    with pytest.raises(TypeError, match="not a line"):
        clean_line(plugin_row("x"))
