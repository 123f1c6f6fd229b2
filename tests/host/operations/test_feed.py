"""Feeds: the last lines and those that come, to whoever follows; nobody waits for anybody."""

from collections.abc import Iterable
from dataclasses import dataclass

import anyio
import pytest

from host.facade.tails import MAX_UNREAD, Tail
from host.operations.feed import KEPT_LINES, Feed, cut


@dataclass(frozen=True, slots=True)
class Said:
    """A line."""

    number: int
    plugin: str = "p"


def every(_line: Said) -> bool:
    return True


def even(line: Said) -> bool:
    return line.number % 2 == 0


def numbers(lines: Iterable[Said]) -> list[int]:
    return [line.number for line in lines]


async def read(tail: Tail) -> tuple[list[int], int]:
    with anyio.fail_after(5):
        batch = await anext(tail)
    return numbers(batch.lines), batch.dropped


@pytest.fixture
def feed() -> Feed[Said]:
    made = Feed[Said]()
    for line in range(10):
        made.publish(Said(line))
    return made


def test_the_last_lines_are_those_that_are_wanted_oldest_first(feed: Feed[Said]):
    assert numbers(feed.last(3, every)) == [7, 8, 9]
    assert numbers(feed.last(3, even)) == [4, 6, 8]
    assert feed.last(0, every) == feed.last(-1, every) == []


async def test_who_follows_gets_the_last_lines_and_then_each_that_is_wanted(feed: Feed[Said]):
    with feed.follow(2, even) as tail:
        assert await read(tail) == ([6, 8], 0)
        feed.publish(Said(11))
        feed.publish(Said(12))
        assert await read(tail) == ([12], 0)


async def test_two_who_follow_do_not_disturb_each_other(feed: Feed[Said]):
    with feed.follow(0, every) as one, feed.follow(0, even) as other:
        feed.publish(Said(21))
        feed.publish(Said(22))
        assert await read(one) == ([21, 22], 0)
        assert await read(other) == ([22], 0)


async def test_a_reader_that_is_too_slow_loses_the_oldest_lines_and_is_told_how_many(feed: Feed[Said]):
    with feed.follow(0, every) as tail:
        for line in range(MAX_UNREAD + 5):
            feed.publish(Said(line))
        lines, dropped = await read(tail)
    assert (lines[0], len(lines), dropped) == (5, MAX_UNREAD, 5)


def test_what_is_kept_is_bounded(feed: Feed[Said]):
    for line in range(KEPT_LINES * 2):
        feed.publish(Said(line))
    assert len(feed.last(10**9, every)) == KEPT_LINES


async def test_what_is_passed_on_is_not_kept(feed: Feed[Said]):
    with feed.follow(0, every) as tail:
        feed.pass_on(Said(99))
        assert await read(tail) == ([99], 0)
    assert numbers(feed.last(1, every)) == [9]


async def test_followed_ends_with_the_last_who_follows_and_its_tail_too(feed: Feed[Said]):
    assert not feed.followed
    with feed.follow(0, every) as tail:
        assert feed.followed
    assert not feed.followed
    with anyio.fail_after(5), pytest.raises(StopAsyncIteration):
        await anext(tail)


def test_numbers_of_lines_grow(feed: Feed[Said]):
    assert [feed.next_seq(), feed.next_seq()] == [1, 2]


def test_a_value_whose_text_is_too_long_is_cut_and_says_how_long_it_was():
    assert cut({"a": 1}, '{"a":1}') == {"a": 1}
    assert cut("xxxx", '"xxxx"', 3) == '"xx… (6 characters)'


def test_a_plugin_that_floods_pushes_out_its_own_lines_and_not_those_of_others():
    feed = Feed[Said]()
    for number in range(50):
        feed.publish(Said(number, "quiet"))
    for number in range(KEPT_LINES * 3):
        feed.publish(Said(number, "loud"))
    assert numbers(feed.last(100, lambda line: line.plugin == "quiet")) == [*range(50)]
    loud = numbers(feed.last(KEPT_LINES, lambda line: line.plugin == "loud"))
    assert (len(loud), loud[-1]) == (KEPT_LINES - 50, KEPT_LINES * 3 - 1)


def test_who_is_quiet_takes_room_from_who_is_loud():
    feed = Feed[Said]()
    for number in range(KEPT_LINES):
        feed.publish(Said(number, "loud"))
    for number in range(10):
        feed.publish(Said(number, f"quiet-{number}"))
    assert len(feed.last(10**9, every)) == KEPT_LINES
    assert numbers(feed.last(12, every))[-10:] == [*range(10)]
    assert numbers(feed.last(10**9, every))[0] == 10


def test_more_plugins_than_there_is_room_for_are_bounded_too():
    feed = Feed[Said]()
    for number in range(KEPT_LINES + 100):
        feed.publish(Said(number, f"plugin-{number}"))
    kept = numbers(feed.last(10**9, every))
    assert len(kept) == KEPT_LINES
    assert kept[-1] == KEPT_LINES + 99
