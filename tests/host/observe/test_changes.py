"""Subscriptions to changes: order, who gets them, what a slow reader loses."""

import anyio
import pytest

from host.facade import Change
from host.ids import PluginId
from host.observe.changes import MAX_UNREAD, ChangeFeed


def change(number: int) -> Change:
    return Change(PluginId("one"), "loading", "active", str(number), float(number))


async def test_a_subscription_gets_what_happens_from_now_on_in_order() -> None:
    feed = ChangeFeed()
    feed.publish(change(0))
    with feed.subscribe() as changes:
        feed.publish(change(1))
        feed.publish(change(2))
    assert [one.reason async for one in changes] == ["1", "2"]
    assert changes.dropped == 0


async def test_a_reader_that_waits_is_woken() -> None:
    feed = ChangeFeed()
    got: list[str] = []
    with feed.subscribe() as changes, anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:

            async def read() -> None:
                got.append((await anext(changes)).reason)

            tasks.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            feed.publish(change(1))
    assert got == ["1"]


async def test_a_reader_that_waits_is_let_go_when_the_subscription_is_closed() -> None:
    feed = ChangeFeed()
    changes = feed.subscribe()
    with anyio.fail_after(5):
        async with anyio.create_task_group() as tasks:

            async def read() -> None:
                with pytest.raises(StopAsyncIteration):
                    await anext(changes)

            tasks.start_soon(read)
            await anyio.wait_all_tasks_blocked()
            changes.close()


async def test_two_subscriptions_do_not_take_from_each_other() -> None:
    feed = ChangeFeed()
    with feed.subscribe() as first, feed.subscribe() as second:
        feed.publish(change(1))
    assert [one.reason async for one in first] == ["1"]
    assert [one.reason async for one in second] == ["1"]


async def test_a_slow_reader_loses_the_oldest_and_is_told_how_many() -> None:
    feed = ChangeFeed()
    with feed.subscribe() as changes:
        for number in range(MAX_UNREAD + 3):
            feed.publish(change(number))
    reasons = [one.reason async for one in changes]
    assert changes.dropped == 3
    assert reasons == [str(number) for number in range(3, MAX_UNREAD + 3)]


async def test_a_closed_subscription_gets_nothing_more() -> None:
    feed = ChangeFeed()
    changes = feed.subscribe()
    changes.close()
    changes.close()
    feed.publish(change(1))
    assert [one async for one in changes] == []


async def test_a_subscription_may_be_closed_while_it_is_told() -> None:
    feed = ChangeFeed()
    with feed.subscribe() as first:
        second = feed.subscribe()
        feed.publish(change(1))
        second.close()
        feed.publish(change(2))
    assert [one.reason async for one in first] == ["1", "2"]
    assert [one.reason async for one in second] == ["1"]
