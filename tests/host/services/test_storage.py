"""Storage through real plugin processes."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from host import Conflict, InvalidParams, PluginHost, QuotaExceeded
from host.clock import SystemClock

Write = Callable[..., Path]

KEEPER = """
import asyncio

class Keeper(Plugin):
    @method
    async def do(self, what: str, args: list[Any], options: dict[str, Any] | None = None) -> Any:
        return await getattr(self.storage, what)(*args, **(options or {}))

    @method
    async def all_items(self, prefix: str) -> list[Any]:
        return [[key, value] async for key, value in self.storage.items(prefix)]

    @method
    async def count_up(self, times: int) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(times):
                group.create_task(self.storage.incr("incr"))
                group.create_task(self.storage.append("append", number))
                group.create_task(self.storage.update("update", lambda n: n + 1, default=0))

    @method
    async def add_event(self, event: str) -> int:
        async def add(events: list[str]) -> list[str]:
            await asyncio.sleep(0)
            return [*events, event]

        return len(await self.storage.update("events", add, default=[]))

    @method
    async def move(self, fail: bool) -> list[Any]:
        transaction = self.storage.transaction().set("a", {"x": 1}).incr("n", 2)
        transaction.append("l", "i").delete("gone")
        if fail:
            transaction.check("a", 999)
        return await transaction.commit()
"""


@pytest.fixture
async def host(plugins: Path, write_plugin: Write, tmp_path: Path) -> AsyncIterator[PluginHost]:
    write_plugin("keeper", KEEPER)
    write_plugin("other", KEEPER)
    async with PluginHost(
        [plugins], data=tmp_path / "data", autoload=True, storage_quota_bytes=2_000_000
    ) as host:
        yield host


async def do(host: PluginHost, what: str, *args: Any, plugin: str = "keeper", **options: Any) -> Any:
    return await host.call(plugin, "do", {"what": what, "args": list(args), "options": options})


async def test_values_of_every_kind_come_back_as_they_were(host: PluginHost) -> None:
    for number, value in enumerate([None, True, 7, 1.5, "größe\u2028", [1, [2]], {"a": {"b": None}}]):
        assert await do(host, "set", "key", value) == number + 1
        assert await do(host, "get", "key") == value
    assert await do(host, "get", "nothing", "default") == "default"
    assert await do(host, "delete", "key") is True
    assert await do(host, "delete", "key") is False
    assert await do(host, "entry", "key") == [False, None, 0]


async def test_keys_and_items_are_listed_by_prefix_in_order(host: PluginHost) -> None:
    for number in range(1_005):
        await host.storage.set("keeper", f"n:{number:04}", number)
    await do(host, "set", "other", 1)
    keys = await do(host, "keys", "n:")
    assert keys == [f"n:{number:04}" for number in range(1_005)]
    assert len(await do(host, "keys")) == 1_006
    assert await host.call("keeper", "all_items", {"prefix": "n:0"}) == [
        [f"n:{number:04}", number] for number in range(1_000)
    ]
    assert await do(host, "keys", "n:%") == []


async def test_no_plugin_reaches_what_another_one_keeps(host: PluginHost) -> None:
    await do(host, "set", "key", "keeper's")
    await do(host, "set", "key", "other's", plugin="other")
    assert await do(host, "get", "key") == "keeper's"
    assert await do(host, "keys", plugin="other") == ["key"]
    assert (await do(host, "usage"))["keys"] == 1
    await host.storage.wipe("other")
    assert await do(host, "get", "key") == "keeper's"
    assert await do(host, "get", "key", plugin="other") is None


async def test_what_is_kept_survives_the_host(host: PluginHost, plugins: Path, tmp_path: Path) -> None:
    await do(host, "set", "key", [1, 2])
    await host.aclose()
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True) as again:
        assert await do(again, "get", "key") == [1, 2]


async def test_no_concurrent_change_is_lost(host: PluginHost) -> None:
    await host.call("keeper", "count_up", {"times": 300}, timeout_s=60)
    assert await do(host, "get", "incr") == 300
    assert await do(host, "get", "update") == 300
    assert sorted(await do(host, "get", "append")) == list(range(300))


async def test_a_list_of_events_that_handlers_add_to_at_once_loses_none(host: PluginHost) -> None:
    import anyio

    async with anyio.create_task_group() as tasks:
        for number in range(100):
            tasks.start_soon(host.call, "keeper", "add_event", {"event": f"e{number}"})
    assert sorted(await do(host, "get", "events")) == sorted(f"e{number}" for number in range(100))


async def test_a_transaction_is_done_whole_or_not_at_all(host: PluginHost) -> None:
    await do(host, "set", "gone", 1)
    with pytest.raises(Conflict, match="version 1, not 999"):
        await host.call("keeper", "move", {"fail": True})
    assert await do(host, "keys") == ["gone"]
    assert await host.call("keeper", "move", {"fail": False}) == [1, 2, 1, True]
    assert await do(host, "keys") == ["a", "l", "n"]


async def test_compare_and_set_needs_the_version_that_is_there(host: PluginHost) -> None:
    assert await do(host, "compare_and_set", "key", 0, "first") == 1
    with pytest.raises(Conflict):
        await do(host, "compare_and_set", "key", 0, "again")
    assert await do(host, "compare_and_set", "key", 1, "second") == 2
    assert await do(host, "entry", "key") == [True, "second", 2]


@pytest.mark.parametrize("key", ["", "x" * 1_025, "a\nb", "\x1b", "x" * 10_000_000])
async def test_a_key_that_can_not_be_one_is_refused(host: PluginHost, key: str) -> None:
    with pytest.raises(InvalidParams, match="key: found"):
        await do(host, "set", key, 1)
    assert await host.storage.plugins() == []


async def test_more_than_the_quota_is_refused_and_nothing_of_it_is_kept(host: PluginHost) -> None:
    with pytest.raises(QuotaExceeded, match="1048576"):
        await do(host, "set", "huge", "x" * 10_000_000)
    await do(host, "set", "a", "x" * 900_000)
    await do(host, "set", "b", "x" * 900_000)
    with pytest.raises(QuotaExceeded) as caught:
        await do(host, "set", "c", "x" * 900_000)
    assert caught.value.data["detail"]["quota_bytes"] == 2_000_000
    assert await do(host, "keys") == ["a", "b"]
    assert await do(host, "usage") == {"keys": 2, "bytes": 1_800_006, "quota_bytes": 2_000_000}
    # Another plugin's is its own, and less is always allowed.
    await do(host, "set", "a", "x" * 900_000, plugin="other")
    await do(host, "set", "a", 1)
    await do(host, "set", "c", "x" * 900_000)


async def test_what_is_no_number_or_list_is_not_counted_or_added_to(host: PluginHost) -> None:
    await do(host, "set", "text", "seven")
    with pytest.raises(InvalidParams, match="holds a text; incr needs a number"):
        await do(host, "incr", "text")
    with pytest.raises(InvalidParams, match="append needs a list"):
        await do(host, "append", "text", 1)
    for number in range(5):
        await do(host, "append", "list", number, keep=3)
    assert await do(host, "get", "list") == [2, 3, 4]
    assert await do(host, "incr", "float", 0.5) == 0.5


async def test_a_key_with_a_time_to_live_is_gone_and_stays_so(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)

    class Wall(SystemClock):
        now_s = 1_000.0

        def wall(self) -> float:
            return self.now_s

    clock = Wall()
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True, clock=clock) as host:
        await do(host, "set", "short", 1, ttl_s=10)
        await do(host, "set", "long", 2, ttl_s=100)
        clock.now_s += 9
        assert await do(host, "get", "short") == 1
        clock.now_s += 1
        assert await do(host, "get", "short") is None
        assert await do(host, "keys") == ["long"]
        clock.now_s -= 500  # the clock is set back: nothing comes to life again
        assert await do(host, "get", "short") is None
        assert await do(host, "keys") == ["long"]
        storage = host._parts.storage  # pyright: ignore[reportPrivateUsage]
        assert await storage.sweep() == 1
        assert (await do(host, "usage"))["keys"] == 1
        with pytest.raises(InvalidParams, match="ttl_s: found -1"):
            await do(host, "set", "x", 1, ttl_s=-1)


async def test_an_operator_sees_and_mends_what_is_kept(host: PluginHost) -> None:
    await do(host, "set", "key", "value")
    (one,) = await host.storage.keys("keeper")
    assert (one.key, one.size_bytes, one.version, one.expires_s) == ("key", 10, 1, None)
    assert await host.storage.get("keeper", "key") == "value"
    await host.storage.set("keeper", "key", "other")
    assert await do(host, "get", "key") == "other"
    assert await host.storage.delete("keeper", "key") is True
    assert await do(host, "get", "key") is None
    assert (await host.storage.usage("keeper")).keys == 0
    with pytest.raises(InvalidParams, match="anything that JSON holds"):
        await host.storage.set("keeper", "key", object())
