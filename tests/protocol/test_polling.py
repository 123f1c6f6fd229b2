"""The rules of polling, on a driven clock."""

import asyncio

import pytest

from protocol.polling import (
    BUDGET_S,
    BUSY_CALLS,
    BUSY_TURN_S,
    CALLS_PER_REST,
    HELD_S,
    LATE_S,
    MAX_CREDIT,
    MAX_OFF_S,
    MAX_SKIP,
    OFF_S,
    SHORT_GAP_S,
    TRUSTED_CALLS,
    TURNS,
    Lingering,
    Method,
    Polling,
)

QUICK_S = 0.000_01
LATE_ANSWER_S = BUDGET_S + 2 * LATE_S


class Clock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def polling(clock: Clock) -> Polling:
    one = Polling(enabled=True, now=clock)
    one.in_flight = 1
    return one


def method() -> Method:
    return Method(b'"m"')


def polled(polling: Polling, one: Method, calls: int) -> int:
    """Return how many of so many calls, all answered quickly, were polled for."""
    count = 0
    for _ in range(calls):
        if polling.allows(one):
            polling.waited(one, QUICK_S, True)
            count += 1
    return count


def test_nobody_polls_where_it_is_not_switched_on() -> None:
    polling = Polling()
    polling.in_flight = 1
    assert not polling.allows(method())


def test_only_a_call_that_is_alone_polls(polling: Polling) -> None:
    assert polling.allows(method())
    polling.in_flight = 2
    assert not polling.allows(method())


def test_a_method_that_is_not_answered_in_time_is_passed_over_for_longer_and_longer(polling: Polling) -> None:
    slow, quick = method(), method()
    for passed_over in (1, 3, 7, 15, 31, 63, 127, MAX_SKIP, MAX_SKIP):
        assert polling.allows(slow)
        polling.waited(slow, BUDGET_S, False)
        for _ in range(passed_over):
            assert not polling.allows(slow)
    assert polling.allows(quick)


def test_one_timely_answer_makes_up_for_all_misses(polling: Polling) -> None:
    one = method()
    for passed_over in (1, 3, 7):
        polling.waited(one, BUDGET_S, False)
        for _ in range(passed_over):
            polling.allows(one)
    polling.waited(one, QUICK_S, True)
    polling.waited(one, BUDGET_S, False)
    assert not polling.allows(one)
    assert polling.allows(one)


def test_three_late_answers_switch_polling_off_for_everybody(polling: Polling, clock: Clock) -> None:
    for _ in range(3):
        polling.waited(method(), LATE_ANSWER_S, True)
    other = method()
    assert not polling.allows(other)
    clock.now_s += OFF_S - 0.001
    assert not polling.allows(other)
    clock.now_s += 0.002
    assert polling.allows(other)


def test_late_answers_that_timely_ones_outweigh_switch_nothing_off(polling: Polling) -> None:
    one = method()
    for _ in range(20):
        polling.waited(method(), LATE_ANSWER_S, True)
        for _ in range(16):
            polling.waited(one, QUICK_S, True)
    assert polling.allows(one)


def test_it_is_off_for_longer_each_time_until_it_is_trusted_again(polling: Polling, clock: Clock) -> None:
    def switch_off() -> float:
        for _ in range(3):
            polling.waited(method(), LATE_ANSWER_S, True)
        began_s = clock.now_s
        while not polling.allows(method()):
            clock.now_s += 0.5
        return clock.now_s - began_s

    assert [switch_off() for _ in range(8)] == [1, 2, 4, 8, 16, 32, MAX_OFF_S, MAX_OFF_S]
    for _ in range(TRUSTED_CALLS):
        polling.waited(method(), QUICK_S, True)
    assert switch_off() == OFF_S


def test_the_loop_is_owed_a_rest_after_so_many_calls_or_so_much_time(polling: Polling) -> None:
    one = method()
    for _ in range(CALLS_PER_REST - 1):
        polling.waited(one, HELD_S / 100, True)
    assert not polling.owes_rest
    polling.waited(one, HELD_S / 100, True)
    assert polling.owes_rest
    polling.slept()
    assert not polling.owes_rest
    polling.waited(one, HELD_S, True)
    assert polling.owes_rest


async def test_a_rest_gives_everybody_the_turns_that_a_future_needs(polling: Polling) -> None:
    turns = 0

    async def neighbour() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        other = tasks.create_task(neighbour())
        await asyncio.sleep(0)
        before = turns
        await polling.rest()
        assert turns - before == TURNS
        other.cancel()


async def test_whoever_uses_the_turns_is_left_alone_for_a_while(polling: Polling, clock: Clock) -> None:
    one = method()
    await polling.rest()
    assert polled(polling, one, BUSY_CALLS) == BUSY_CALLS

    async def neighbour() -> None:
        while True:
            clock.now_s += 2 * BUSY_TURN_S
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as tasks:
        other = tasks.create_task(neighbour())
        await asyncio.sleep(0)
        await polling.rest()
        other.cancel()
    assert polled(polling, one, BUSY_CALLS) == 0
    assert polled(polling, one, 5) == 5


def test_a_server_stays_awake_once_requests_follow_each_other_quickly(clock: Clock) -> None:
    lingering = Lingering(now=clock)
    lingering.woken()
    assert not lingering.worth
    lingering.rests()
    clock.now_s += SHORT_GAP_S / 2
    lingering.woken()
    assert lingering.worth


def test_a_server_sleeps_when_they_come_slowly(clock: Clock) -> None:
    lingering = Lingering(now=clock)
    for _ in range(10):
        lingering.rests()
        clock.now_s += 2 * SHORT_GAP_S
        lingering.woken()
    assert not lingering.worth


def test_a_few_misses_send_a_server_to_sleep_however_long_it_was_busy(clock: Clock) -> None:
    lingering = Lingering(now=clock)
    for _ in range(100):
        lingering.came()
    for _ in range(MAX_CREDIT):
        assert lingering.worth
        lingering.missed()
    assert not lingering.worth
