"""The limiter for a plugin's own calls, on a clock that the test moves."""

import asyncio
from typing import Any

import pytest

from plugin_sdk import RateLimiter


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    sleep = asyncio.sleep

    async def pass_time(seconds: float) -> None:
        now[0] += seconds
        await sleep(0)

    monkeypatch.setattr("plugin_sdk.rate_limiter.time.monotonic", lambda: now[0])
    monkeypatch.setattr("plugin_sdk.rate_limiter.asyncio.sleep", pass_time)
    return now


async def test_no_window_ever_has_more_than_the_limit(clock: list[float]) -> None:
    limiter = RateLimiter(10, 60)
    moments: list[float] = []

    async def call() -> None:
        await limiter.throttle()
        moments.append(clock[0])

    async with asyncio.TaskGroup() as tasks:
        for _ in range(35):
            tasks.create_task(call())
    assert moments == sorted(moments)
    assert all(later - earlier >= 60 for earlier, later in zip(moments, moments[10:], strict=False))
    assert moments[9] == 100.0
    assert moments[-1] == 280.0


async def test_a_call_that_does_not_fit_now_can_be_left_out(clock: list[float]) -> None:
    limiter = RateLimiter(2, 10)
    async with limiter:
        assert limiter.try_now()
    assert not limiter.try_now()
    clock[0] += 10
    assert limiter.try_now()


async def test_a_wait_that_is_cancelled_counts_nothing() -> None:
    limiter = RateLimiter(1, 3600)
    await limiter.throttle()
    waiting = asyncio.get_running_loop().create_task(limiter.throttle())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(limiter._taken) == 1  # pyright: ignore[reportPrivateUsage]


@pytest.mark.parametrize("limit", [(0, 1), (1, 0)])
def test_what_is_no_limit_is_refused(limit: Any) -> None:
    with pytest.raises(ValueError, match="allowed"):
        RateLimiter(*limit)
