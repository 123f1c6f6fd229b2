"""Storage through real plugin processes."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import anyio
import pytest

from host import Conflict, InvalidParams, PluginHost
from tests.host.services.storage.keeper import KEEPER, do

Write = Callable[..., Path]


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


async def test_an_operator_sees_all_keys_or_as_many_as_were_asked_for(host: PluginHost) -> None:
    names = [f"k{number:04}" for number in range(1_467)]
    for start in range(0, len(names), 1_000):
        await host.call("keeper", "transact", {"keys": names[start : start + 1_000]})
    assert [one.key for one in await host.storage.keys("keeper")] == names
    assert [one.key for one in await host.storage.keys("keeper", "k14")] == names[1_400:]
    assert [one.key for one in await host.storage.keys("keeper", after="k0004")] == names[5:]
    assert [one.key for one in await host.storage.keys("keeper", after="k0004", limit=3)] == names[5:8]
    for limit in (0, 1_001):
        with pytest.raises(InvalidParams, match="limit"):
            await host.storage.keys("keeper", limit=limit)


async def test_a_version_that_a_key_had_before_it_was_deleted_does_not_come_back(host: PluginHost) -> None:
    assert await do(host, "set", "key", "as it was read") == 1
    await do(host, "delete", "key")
    await do(host, "set", "key", "somebody else's")
    with pytest.raises(Conflict):
        await do(host, "compare_and_set", "key", 1, "the reader's")
    assert await do(host, "get", "key") == "somebody else's"


async def test_dataclasses_and_structs_are_kept_as_objects(host: PluginHost) -> None:
    assert await host.call("keeper", "keep_dataclass") == {"x": 1, "tags": ["a"]}


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
