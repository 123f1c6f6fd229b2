"""Storage through real plugin processes."""

from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest

from host import Conflict, InvalidParams, PluginHost, QuotaExceeded
from host.clock import SystemClock

Write = Callable[..., Path]

KEEPER = """
import asyncio
from dataclasses import dataclass, field

import msgspec

@dataclass
class Point:
    x: int
    tags: list[str] = field(default_factory=list)

class Keeper(Plugin):
    @method
    async def do(self, what: str, args: list[Any], options: dict[str, Any] | None = None) -> Any:
        return await getattr(self.storage, what)(*args, **(options or {}))

    @method
    async def all_items(self, prefix: str) -> list[Any]:
        return [[key, value] async for key, value in self.storage.items(prefix)]

    @method
    async def all_sizes(self) -> list[Any]:
        return [[key, len(value)] async for key, value in self.storage.items()]

    @method
    async def transact(self, keys: list[str]) -> list[Any]:
        transaction = self.storage.transaction()
        for key in keys:
            transaction.set(key, 1)
        return await transaction.commit()

    @method
    async def set_raw(self, key: str, text: str) -> Any:
        return await self.storage.set(key, msgspec.Raw(text.encode()))

    @method
    async def keep_dataclass(self) -> Any:
        await self.storage.set("point", Point(1, ["a"]))
        return await self.storage.get("point")

    @method
    async def at_once(self, what: str, times: int) -> None:
        change = {
            "incr": lambda number: self.storage.incr("incr"),
            "append": lambda number: self.storage.append("append", number),
            "update": lambda number: self.storage.update("update", lambda n: n + 1, default=0),
        }[what]
        async with asyncio.TaskGroup() as group:
            for number in range(times):
                group.create_task(change(number))

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


class Wall(SystemClock):
    now_s = 1_000.0

    def wall(self) -> float:
        return self.now_s


@pytest.fixture
async def host(plugins: Path, write_plugin: Write, tmp_path: Path) -> AsyncIterator[PluginHost]:
    write_plugin("keeper", KEEPER)
    write_plugin("other", KEEPER)
    async with PluginHost(
        [plugins], data=tmp_path / "data", autoload=True, storage_quota_bytes=2_000_000
    ) as host:
        yield host


@pytest.fixture
async def roomy(plugins: Path, write_plugin: Write, tmp_path: Path) -> AsyncIterator[PluginHost]:
    """Where the keeper's manifest asks for more than the host lets everybody keep."""
    folder = write_plugin("keeper", KEEPER)
    write_plugin("other", KEEPER)
    with (folder / "plugin.toml").open("a") as manifest:
        manifest.write('\n[limits]\nstorage = "64m"\n')
    async with PluginHost(
        [plugins], data=tmp_path / "data", autoload=True, storage_quota_bytes=1_000_000
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
    async with anyio.create_task_group() as tasks:
        for what in ("incr", "append", "update"):
            params = {"what": what, "times": 300}
            tasks.start_soon(partial(host.call, "keeper", "at_once", params, timeout_s=60))
    for what in ("incr", "append", "update"):
        await host.call("keeper", "at_once", {"what": what, "times": 700}, timeout_s=60)
    assert await do(host, "get", "incr") == 1_000
    assert await do(host, "get", "update") == 1_000
    assert sorted(await do(host, "get", "append")) == sorted([*range(300), *range(700)])


async def test_a_list_of_events_that_handlers_add_to_at_once_loses_none(host: PluginHost) -> None:
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
    assert await do(host, "usage") == {
        "keys": 2,
        "bytes": 1_800_006,
        "quota_bytes": 2_000_000,
        "files_bytes": 0,
    }
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


async def test_a_version_that_a_key_had_before_it_was_deleted_does_not_come_back(host: PluginHost) -> None:
    assert await do(host, "set", "key", "as it was read") == 1
    await do(host, "delete", "key")
    await do(host, "set", "key", "somebody else's")
    with pytest.raises(Conflict):
        await do(host, "compare_and_set", "key", 1, "the reader's")
    assert await do(host, "get", "key") == "somebody else's"


async def test_items_of_more_than_a_frame_come_page_by_page(roomy: PluginHost) -> None:
    host = roomy
    values = {f"k{number:02}": str(number % 10) * 900_000 for number in range(20)}
    for key, value in values.items():
        await host.storage.set("keeper", key, value)
    found = await host.call("keeper", "all_sizes", {}, timeout_s=30)
    assert found == [[key, len(value)] for key, value in values.items()]
    assert {key: value async for key, value in host.storage.items("keeper")} == values


@pytest.mark.parametrize(
    ("what", "options", "place"),
    [
        ("keys", {"prefix": "\x00"}, "prefix: found"),
        ("append", {"key": "k", "value": 1, "keep": 0}, "keep: found 0"),
        ("set", {"key": "k", "value": 1, "ttl_s": 0}, "ttl_s: found 0"),
    ],
)
async def test_what_can_not_be_meant_is_refused_with_its_place(
    host: PluginHost, what: str, options: dict[str, Any], place: str
) -> None:
    with pytest.raises(InvalidParams, match=place):
        await do(host, what, **options)
    assert await host.storage.plugins() == []


async def test_a_step_of_a_transaction_that_can_not_be_meant_is_named(host: PluginHost) -> None:
    with pytest.raises(InvalidParams, match=r"operations\[1\]\.key: found"):
        await host.call("keeper", "transact", {"keys": ["good", "bad\n"]})
    with pytest.raises(InvalidParams, match="operations: found 0"):
        await host.call("keeper", "transact", {"keys": []})
    with pytest.raises(InvalidParams, match="operations: found 1001"):
        await host.call("keeper", "transact", {"keys": ["k"] * 1_001})
    assert await host.storage.plugins() == []


@pytest.mark.parametrize(("first", "by"), [(2**63 - 1, 1), (1e308, 1e308)])
async def test_a_number_that_grows_too_large_is_refused_and_stays(
    host: PluginHost, first: float, by: float
) -> None:
    await do(host, "set", "n", first)
    with pytest.raises(InvalidParams, match="too large"):
        await do(host, "incr", "n", by)
    assert await do(host, "get", "n") == first


async def test_a_number_that_no_computer_holds_harms_nobody_else(host: PluginHost) -> None:
    await host.call("keeper", "set_raw", {"key": "n", "text": "1e999"})
    with pytest.raises(InvalidParams, match="holds what can't be read"):
        await host.storage.get("keeper", "n")
    with pytest.raises(InvalidParams, match="holds what can't be read"):
        await do(host, "incr", "n")
    await do(host, "set", "n", 1)
    assert await do(host, "incr", "n") == 2


async def test_dataclasses_and_structs_are_kept_as_objects(host: PluginHost) -> None:
    assert await host.call("keeper", "keep_dataclass") == {"x": 1, "tags": ["a"]}


async def test_what_has_expired_takes_no_room_from_what_comes(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    clock = Wall()
    async with PluginHost(
        [plugins], data=tmp_path / "data", autoload=True, clock=clock, storage_quota_bytes=1_000_000
    ) as host:
        await do(host, "set", "short", "x" * 900_000, ttl_s=10)
        with pytest.raises(QuotaExceeded):
            await do(host, "set", "next", "x" * 900_000)
        clock.now_s += 11
        await do(host, "set", "next", "x" * 900_000)
        assert await do(host, "keys") == ["next"]
        assert (await do(host, "usage"))["keys"] == 1


async def test_a_clock_that_was_set_back_between_two_runs_brings_nothing_to_life(
    plugins: Path, write_plugin: Write, tmp_path: Path
) -> None:
    write_plugin("keeper", KEEPER)
    clock = Wall()
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True, clock=clock) as host:
        await do(host, "set", "long", 1, ttl_s=100)
        await do(host, "set", "short", 1, ttl_s=10)
        clock.now_s += 50
    clock.now_s -= 500
    async with PluginHost([plugins], data=tmp_path / "data", autoload=True, clock=clock) as host:
        assert await do(host, "keys") == ["long"]
        await do(host, "set", "new", 1, ttl_s=10)
        assert host._parts.storage.now_s() >= 1_050  # pyright: ignore[reportPrivateUsage]


async def test_a_host_that_is_entered_again_believes_nothing_of_its_earlier_folder(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("keeper", KEEPER)
    host = PluginHost([plugins], autoload=True)  # a temporary folder each time
    async with host:
        await do(host, "set", "key", 1)
        assert await do(host, "get", "key") == 1
    async with host:
        assert await do(host, "get", "key") is None


async def test_an_operator_sees_who_keeps_how_much(host: PluginHost) -> None:
    await do(host, "set", "a", 1)
    await do(host, "set", "b", "xyz", plugin="other")
    usage = await host.storage.usage_all()
    assert {plugin: (one.keys, one.bytes) for plugin, one in usage.items()} == {
        "keeper": (1, 2),
        "other": (1, 6),
    }


async def test_a_manifest_may_ask_for_a_quota_of_its_own(roomy: PluginHost) -> None:
    assert (await do(roomy, "usage"))["quota_bytes"] == 64 * 1024**2
    assert (await do(roomy, "usage", plugin="other"))["quota_bytes"] == 1_000_000
    for name in ("a", "b"):
        await do(roomy, "set", name, "x" * 900_000)
    await do(roomy, "set", "a", "x" * 900_000, plugin="other")
    with pytest.raises(QuotaExceeded, match=r"allowed: 1000000"):
        await do(roomy, "set", "b", "x" * 900_000, plugin="other")
    # It holds also while the plugin does not run.
    await roomy.unload("keeper")
    await roomy.storage.set("keeper", "c", "x" * 900_000)
    assert (await roomy.storage.usage("keeper")).quota_bytes == 64 * 1024**2
