"""Durable events, through real plugin processes: none is lost, whoever dies."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest

from host import InvalidParams
from host.timing import Timing
from tests.host.routing.durable_events.counter import COUNTER, make, running, until_lag
from tests.host.routing.heard import until_true

Write = Callable[..., Path]
WAIT_S = 20.0


SOON = Timing(event_retries_s=(0.3,) * 5)


async def test_events_come_in_order_and_those_of_the_time_when_nothing_ran_come_later(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        for number in range(200):
            await host.emit("order.paid", number)
        assert await heard.until(200) == [("order.paid", number) for number in range(200)]
        await host.unload("counter")
        await host.emit("order.paid", "down")
        await host.emit("other", "nobody wants it")
        assert [(one.waiting, one.running) for one in await host.events.lag("counter")] == [(1, False)]
    host, heard = make(plugins, data)
    async with host:
        await host.emit("order.late", "not loaded yet")
        await host.load("counter")
        assert await heard.until(2) == [("order.paid", "down"), ("order.late", "not loaded yet")]
        await until_lag(host, 0)


async def test_a_subscriber_that_dies_between_delivery_and_answer_gets_the_event_again(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        for one in ("before", "deadly", "after"):
            await host.emit("order.paid", one)
        found = await heard.until(3)
        with anyio.fail_after(WAIT_S):
            while [one for _, one in found][-1] != "after":
                found = await heard.until(len(found) + 1)
        await until_lag(host, 0)
        listed = [one for _, one in found]
        assert [one for one in listed if one != "before"] == ["deadly", "after"]
        assert 1 <= listed.count("before") <= 2, "at least once, and twice at most: it was in the batch"


async def test_a_subscriber_that_never_answers_is_asked_again(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data, timing=Timing(events_s=1.0, event_retries_s=(0.3,) * 5))
    async with running(host, "counter"):
        await host.emit("order.paid", "silent")
        await host.emit("order.paid", "next")
        assert await heard.until(2) == [("order.paid", "silent"), ("order.paid", "next")]


async def test_an_event_that_fails_every_try_is_a_dead_letter_and_can_be_tried_again(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data, timing=SOON)
    async with running(host, "counter"):
        await host.emit("order.paid", "good")
        seq = await host.emit("order.paid", "poison")
        await host.emit("order.paid", "behind")
        assert await heard.until(2) == [("order.paid", "good"), ("order.paid", "behind")]
        (letter,) = await host.events.dead_letters()
        assert (letter.plugin, letter.subscription, letter.seq, letter.data) == (
            "counter",
            "orders",
            seq,
            "poison",
        )
        assert letter.error == "ValueError: no thanks"
        assert host.events.statistics().dead == 1
        with pytest.raises(InvalidParams, match=f"'counter' has no dead letter {letter.id + 1}"):
            await host.events.redrive("counter", [letter.id, letter.id + 1])
        assert not (await host.events.dead_letters("counter"))[0].tries_again
        assert await host.events.redrive("counter") == 1

        async def tried() -> bool:
            return not (await host.events.dead_letters("counter"))[0].tries_again

        await until_true(tried)
        (again,) = await host.events.dead_letters("counter")
        assert again.failed_s > letter.failed_s
        await host.unload("counter")
        write_plugin("counter", COUNTER.replace('"poison"', '"nothing"'))
        await host.events.redrive("counter", [letter.id])
        await host.load("counter")
        assert (await heard.until(3))[-1] == ("order.paid", "poison")

        async def none_left() -> bool:
            return not await host.events.dead_letters("counter")

        await until_true(none_left)


async def test_events_are_replayed_from_a_number_and_from_a_time(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        numbers = [await host.emit("order.paid", one) for one in range(3)]
        await heard.until(3)
        await until_lag(host, 0)
        await host.events.replay("counter", "orders", since=numbers[0])
        assert [one for _, one in await heard.until(5)] == [0, 1, 2, 1, 2]
        await until_lag(host, 0)
        await host.events.replay("counter", "orders", since=0.0)
        assert [one for _, one in await heard.until(8)] == [0, 1, 2, 1, 2, 0, 1, 2]
        with pytest.raises(InvalidParams, match="no durable subscription 'other'; it has orders"):
            await host.events.replay("counter", "other", since=0)


async def test_a_subscription_that_is_no_longer_declared_is_forgotten_and_one_can_be_forgotten(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin("counter", COUNTER)
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        await host.unload("counter")
        assert await host.events.forget("counter", "orders") == 1
        await host.emit("order.paid", "forgotten")
        await host.load("counter")
        await host.emit("order.paid", "known")
        assert await heard.until(1) == [("order.paid", "known")]
        await host.unload("counter")
        write_plugin("counter", COUNTER.replace("durable=True", "durable=False"))
        await host.load("counter")
        assert [one.durable for one in await host.events.lag("counter")] == [False]


async def test_a_subscription_made_while_the_plugin_runs_is_remembered_until_it_is_ended(
    plugins: Path, data: Path, write_plugin: Write
) -> None:
    write_plugin(
        "counter",
        """
        class Counter(Plugin):
            async def on_load(self):
                await self.events.on("order.*", self.orders, durable=True)

            async def orders(self, data: Any):
                await self.host.test.heard(kind="order", data=data)

            @method
            async def end(self):
                await self.events.off(self.orders)
        """,
    )
    host, heard = make(plugins, data)
    async with running(host, "counter"):
        await host.emit("order.paid", 1)
        await heard.until(1)
        await host.unload("counter")
        await host.emit("order.paid", 2)
        await host.load("counter")
        assert await heard.until(2) == [("order", 1), ("order", 2)]
        await host.call("counter", "end")
        assert await host.events.forget("counter") == 0


ODD = """
import json
import sys

for line in sys.stdin:
    message = json.loads(line)
    if "id" not in message:
        continue
    method, result = message["method"], {}
    if method == "plugin.initialize":
        subscription = {"name": "odd", "topics": ["order.*"], "durable": True}
        result = {"protocol_version": 1, "provides": {"subscriptions": [subscription]}}
    elif method == "plugin.events":
        result = json.loads(sys.argv[1])
    print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": result}), flush=True)
"""


@pytest.mark.parametrize(
    "answer",
    [
        {"handled": 9_999_999},
        {"handled": 9_999_999, "error": "x"},
        {"handled": 0},
        {"handled": "x"},
        [],
        {"handled": -1},
    ],
)
async def test_an_odd_answer_is_a_failed_try_and_never_moves_the_subscription(
    plugins: Path, data: Path, answer: Any
) -> None:
    folder = plugins / "odd"
    folder.mkdir()
    (folder / "main.py").write_text(ODD)
    text = msgspec.json.encode(answer).decode()
    command = msgspec.json.encode(["python3", "main.py", text]).decode()
    (folder / "plugin.toml").write_text(f'id = "odd"\nversion = "1.0.0"\ncommand = {command}\n')
    host, _ = make(plugins, data, timing=Timing(event_retries_s=()))
    async with running(host, "odd"):
        await host.emit("order.paid", 1)
        await until_true(host.events.dead_letters)
        (letter,) = await host.events.dead_letters("odd")
        assert "answer" in letter.error or "did not say why" in letter.error
