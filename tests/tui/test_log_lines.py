"""What a log view holds: bounded, folded, filtered, cut."""

import msgspec

from host.facade.filters import parse_filter
from host.facade.tails import LogRow
from host.tui.log_lines import LogLines, wrapped
from host.tui.log_view import plain_line


def row(seq: int, text: str = "x", **changes: object) -> LogRow:
    plain = LogRow(seq=seq, at_s=float(seq), plugin="p", session="s", level=20, source="log", text=text)
    return msgspec.structs.replace(plain, **changes)


def shown(held: LogLines) -> list[str]:
    return [line.text for line in held.lines]


def test_repeats_are_one_entry_with_a_count():
    held = LogLines()
    held.take([row(1), row(2), row(3), row(4, "y"), row(5)])
    assert [(entry.row.text, entry.count) for entry in held.chosen()] == [("x", 3), ("y", 1), ("x", 1)]
    assert (held.chosen()[0].first_at_s, held.chosen()[0].row.at_s) == (1.0, 3.0)
    assert "×3 since 00:00:01.000" in plain_line(held.chosen()[0])


def test_a_line_of_another_run_of_the_host_repeats_none_of_the_one_before():
    held = LogLines()
    held.began("one", 0.0)
    held.take([row(1), row(2)])
    held.began("one", 0.0)
    held.take([row(3)])
    held.began("two", 4.0)
    held.take([row(1), row(2)])
    chosen = [(entry.row.text, entry.count) for entry in held.chosen() if entry.kind == "line"]
    assert chosen == [("x", 3), ("x", 2)]


def test_another_session_leaves_a_separator():
    held = LogLines()
    held.take([row(1, "a"), row(2, "b", session="t"), row(3, "c", plugin="q", session="u")])
    assert shown(held) == ["a", "p started anew", "b", "c"]


def test_lost_lines_are_counted_where_they_are_missing():
    held = LogLines()
    held.take([row(1, "a")])
    held.take([row(200, "b")], 120)
    assert shown(held) == ["a", "120 lines lost", "b"]
    assert held.dropped == 120


def test_it_is_bounded_and_says_how_far_lines_moved():
    held = LogLines(100)
    held.take([row(n, str(n)) for n in range(1, 1_001)])
    assert 100 <= held.entries <= 110
    assert shown(held)[-1] == "1000"
    assert held.scrolled_away + len(held.lines) == 1_000


def test_a_filter_hides_or_keeps_the_others_to_be_dimmed():
    held = LogLines()
    held.take([row(1, "good"), row(2, "bad", level=40)])
    held.choose(parse_filter("lvl>=error").log, context=False)
    assert shown(held) == ["bad"]
    held.choose(parse_filter("lvl>=error").log, context=True)
    assert [(line.text, line.entry.matches) for line in held.lines] == [("good", False), ("bad", True)]
    held.take([row(3, "better")])
    assert held.matching == 1


def test_long_lines_are_wrapped_at_spaces_or_cut():
    held = LogLines()
    held.lay_out(30, wrap=True)
    held.take([row(1, "one two three four five six seven eight nine")])
    assert shown(held) == ["one two three four five six", "seven eight nine"]
    held.lay_out(30, wrap=False)
    assert len(held.lines) == 1


def test_lines_of_one_entry_stay_together():
    held = LogLines()
    held.take([row(1, "Traceback:\n  File x\nValueError")])
    assert shown(held) == ["Traceback:", "  File x", "ValueError"]
    assert [line.first for line in held.lines] == [True, False, False]
    held.take([row(2, "\n".join("y" for _ in range(500)))])
    assert shown(held)[-1] == "… more lines"


def test_lines_that_come_again_over_a_new_connection_are_known():
    held = LogLines()
    held.began("one", 0.0)
    held.take([row(1, "a"), row(2, "b")])
    held.began("one", 0.0)
    held.take([row(1, "a"), row(2, "b"), row(3, "c")])
    assert shown(held) == ["a", "b", "c"]
    held.began("two", 5.0)
    held.take([row(1, "d")])
    assert shown(held) == ["a", "b", "c", "the host was started anew", "d"]


def test_wide_characters_are_wrapped_by_their_cells():
    assert all(len(part) <= 10 for part in wrapped("日本語" * 20, 20))
    assert "".join(wrapped("日本語" * 20, 20)) == "日本語" * 20


def test_it_can_be_cleared():
    held = LogLines()
    held.take([row(1)], 3)
    held.clear()
    assert (held.entries, len(held.lines), held.dropped) == (0, 0, 0)
