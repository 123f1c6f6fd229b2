"""What storage refuses, and what it forgets in time."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from host import InvalidParams, PluginHost, QuotaExceeded
from host.clock import SystemClock
from tests.host.services.storage.keeper import KEEPER, do

Write = Callable[..., Path]


class Wall(SystemClock):
    now_s = 1_000.0

    def wall(self) -> float:
        return self.now_s


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


async def test_no_plugin_reaches_what_another_one_keeps(host: PluginHost) -> None:
    await do(host, "set", "key", "keeper's")
    await do(host, "set", "key", "other's", plugin="other")
    assert await do(host, "get", "key") == "keeper's"
    assert await do(host, "keys", plugin="other") == ["key"]
    assert (await do(host, "usage"))["keys"] == 1
    await host.storage.wipe("other")
    assert await do(host, "get", "key") == "keeper's"
    assert await do(host, "get", "key", plugin="other") is None


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


@pytest.mark.parametrize("kept", [None, 7, 0.5])
@pytest.mark.parametrize("by", [10**400, -(10**400)])
async def test_a_number_beyond_every_float_is_refused_wherever_it_is_added(
    host: PluginHost, kept: float | None, by: int
) -> None:
    if kept is not None:
        await do(host, "set", "n", kept)
    with pytest.raises(InvalidParams, match=r"by: found -?10+; allowed: a number that a float can hold"):
        await do(host, "incr", "n", by)
    assert await do(host, "get", "n") == kept


@pytest.mark.parametrize("by", [1, 0.5, -0.5])
async def test_nothing_is_added_to_an_integer_beyond_every_float(host: PluginHost, by: float) -> None:
    await do(host, "set", "n", 10**400)
    with pytest.raises(InvalidParams, match="key 'n' would hold a number that is too large to be kept"):
        await do(host, "incr", "n", by)
    assert await do(host, "get", "n") == 10**400
