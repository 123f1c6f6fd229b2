"""What the operator asks of events that can't be is refused, and told; what is kept of a plugin is not."""

import math
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from host import InvalidParams, PluginHost, PluginNotFound
from host.facade import Facade
from host.timing import Timing
from tests.host.routing.durable_events.counter import COUNTER, make, running
from tests.host.routing.heard import until_true

Write = Callable[..., Path]

SOON = Timing(event_retries_s=(0.3,) * 5)
BEFORE_ALL_TIME = datetime.min
"""A local time that the platform can't place."""


def asked(events: Any, plugin: str) -> list[Any]:
    return [
        events.lag(plugin),
        events.dead_letters(plugin),
        events.redrive(plugin),
        events.replay(plugin, "orders", since=0),
    ]


def asked_of_facade(facade: Facade, plugin: str) -> list[Any]:
    return [facade.event_lag(plugin), facade.dead_letters(plugin), facade.event_redrive(plugin)]


@pytest.mark.parametrize(
    "since",
    ["yesterday", None, True, [], math.nan, math.inf, -math.inf, 10**30, -1, 2, BEFORE_ALL_TIME],
    ids=repr,
)
async def test_what_is_no_time_and_no_number_of_an_event_replays_nothing_and_is_refused(
    plugins: Path, data: Path, write_plugin: Write, since: Any
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        assert await host.emit("order.paid", "one") == 1
        await heard.until(1)
        with pytest.raises(InvalidParams, match=r"since: found .*; allowed: a datetime, .*, 0 to 1"):
            await host.events.replay("counter", "orders", since=since)
        await host.events.replay("counter", "orders", since=1)


async def test_a_plugin_that_is_not_there_has_no_lag_and_no_dead_letters_that_could_be_none(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, _ = make(plugins, data)
    async with running(host, "counter"):
        for one in [*asked(host.events, "conter"), *asked_of_facade(host.facade, "conter")]:
            with pytest.raises(PluginNotFound, match="there is no plugin 'conter'"):
                await one
        assert await host.events.dead_letters("counter") == ()


@pytest.mark.parametrize("ids", [[12345], [0], [-1], [2**70], ["1"], [True], [1.0], [None]], ids=repr)
async def test_a_dead_letter_that_is_not_there_is_not_tried_again(
    plugins: Path, data: Path, write_plugin: Write, ids: list[Any]
) -> None:
    write_plugin("counter", COUNTER)
    host, _ = make(plugins, data)
    async with running(host, "counter"):
        with pytest.raises(InvalidParams, match="ids: plugin 'counter' has no dead letter") as caught:
            await host.events.redrive("counter", ids)
        assert "plughost events dead counter" in caught.value.remedy
        assert await host.events.redrive("counter") == 0
        assert await host.events.redrive("counter", []) == 0


async def test_what_is_kept_of_a_plugin_that_is_gone_can_be_listed_and_tried_again(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    folder = write_plugin("counter", COUNTER)
    host, _ = make(plugins, data, timing=SOON)
    async with running(host, "counter"):
        await host.emit("order.paid", "poison")
        await until_true(host.events.dead_letters)
    shutil.rmtree(folder)
    async with PluginHost([plugins], data=data) as host:
        (letter,) = await host.events.dead_letters("counter")
        assert [one.id for one in await host.facade.dead_letters("counter")] == [letter.id]
        assert [one.plugin for one in await host.events.lag("counter")] == ["counter"]
        assert await host.facade.event_redrive("counter", (letter.id,)) == 1
