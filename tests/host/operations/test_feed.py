"""Feeds: the last lines and those that come, to whoever follows; nobody waits for anybody."""

import anyio
import pytest

from host.facade.tails import MAX_UNREAD, Tail
from host.operations.feed import KEPT_LINES, Feed, cut


def every(_line: int) -> bool:
    return True


def even(line: int) -> bool:
    return line % 2 == 0


async def read(tail: Tail) -> tuple[list[int], int]:
    with anyio.fail_after(5):
        batch = await anext(tail)
    return list(batch.lines), batch.dropped


@pytest.fixture
def feed() -> Feed[int]:
    made = Feed[int]()
    for line in range(10):
        made.publish(line)
    return made


def test_the_last_lines_are_those_that_are_wanted_oldest_first(feed: Feed[int]):
    assert feed.last(3, every) == [7, 8, 9]
    assert feed.last(3, even) == [4, 6, 8]
    assert feed.last(0, every) == feed.last(-1, every) == []


async def test_who_follows_gets_the_last_lines_and_then_each_that_is_wanted(feed: Feed[int]):
    with feed.follow(2, even) as tail:
        assert await read(tail) == ([6, 8], 0)
        feed.publish(11)
        feed.publish(12)
        assert await read(tail) == ([12], 0)


async def test_two_who_follow_do_not_disturb_each_other(feed: Feed[int]):
    with feed.follow(0, every) as one, feed.follow(0, even) as other:
        feed.publish(21)
        feed.publish(22)
        assert await read(one) == ([21, 22], 0)
        assert await read(other) == ([22], 0)


async def test_a_reader_that_is_too_slow_loses_the_oldest_lines_and_is_told_how_many(feed: Feed[int]):
    with feed.follow(0, every) as tail:
        for line in range(MAX_UNREAD + 5):
            feed.publish(line)
        lines, dropped = await read(tail)
    assert (lines[0], len(lines), dropped) == (5, MAX_UNREAD, 5)


def test_what_is_kept_is_bounded(feed: Feed[int]):
    for line in range(KEPT_LINES * 2):
        feed.publish(line)
    assert len(feed.last(10**9, every)) == KEPT_LINES


async def test_what_is_passed_on_is_not_kept(feed: Feed[int]):
    with feed.follow(0, every) as tail:
        feed.pass_on(99)
        assert await read(tail) == ([99], 0)
    assert feed.last(1, every) == [9]


async def test_followed_ends_with_the_last_who_follows_and_its_tail_too(feed: Feed[int]):
    assert not feed.followed
    with feed.follow(0, every) as tail:
        assert feed.followed
    assert not feed.followed
    with anyio.fail_after(5), pytest.raises(StopAsyncIteration):
        await anext(tail)


def test_numbers_of_lines_grow(feed: Feed[int]):
    assert [feed.next_seq(), feed.next_seq()] == [1, 2]


def test_a_value_whose_text_is_too_long_is_cut_and_says_how_long_it_was():
    assert cut({"a": 1}, '{"a":1}') == {"a": 1}
    assert cut("xxxx", '"xxxx"', 3) == '"xx… (6 characters)'
