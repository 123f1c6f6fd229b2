"""The storage of a test in memory answers as the host's own does, word for word."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from plugin_sdk.testing import PluginHarness, read_folder

EVERYTHING = Path(__file__).parent / "plugins" / "everything"


def steps() -> Iterator[tuple[str, dict[str, Any]]]:
    def one(name: str, **params: Any) -> tuple[str, dict[str, Any]]:
        return f"storage.{name}", params

    yield one("get", key="a")
    yield one("entry", key="a")
    yield one("set", key="a", value={"x": [1, None, "é"]})
    yield one("set", key="a", value=None)
    yield one("get", key="a")
    yield one("entry", key="a")
    yield one("delete", key="a")
    yield one("delete", key="a")
    yield one("set", key="a", value=1)  # no version is used twice
    yield one("set", key="b", value=[1])
    yield one("incr", key="a", by=2)
    yield one("incr", key="n")
    yield one("incr", key="n", by=0.5)
    yield one("incr", key="b")
    yield one("append", key="b", value=2)
    yield one("append", key="b", value=3, keep=2)
    yield one("append", key="a", value=1)
    yield one("append", key="b", value=1, keep=0)
    yield one("get", key="b")
    yield one("compare_and_set", key="c", version=0, value=1)
    yield one("compare_and_set", key="c", version=0, value=2)
    yield one("compare_and_set", key="c", version=99, value=2)
    yield one("keys")
    yield one("keys", prefix="b")
    yield one("keys", after="a", limit=2)
    yield one("keys", limit=0)
    yield one("keys", limit=1_001)
    yield one("items", limit=2)
    yield one("items", prefix="zz")
    yield one("set", key="", value=1)
    yield one("set", key="x" * 1_025, value=1)
    yield one("set", key="a\nb", value=1)
    yield one("set", key="t", value=1, ttl_s=0)
    yield one("set", key="t", value=1, ttl_s=1e12)
    yield one("set", key="big", value="x" * (1024 * 1024))
    yield one("transaction", operations=[])
    both = [{"op": "set", "key": "a", "value": 9}, {"op": "check", "key": "c", "version": 77}]
    yield one("transaction", operations=both)
    yield one("get", key="a")
    wrong = [{"op": "set", "key": "a", "value": 9}, {"op": "set", "key": "", "value": 1}]
    yield one("transaction", operations=wrong)
    good = [
        {"op": "set", "key": "a", "value": 9},
        {"op": "incr", "key": "n", "by": 1},
        {"op": "append", "key": "b", "value": 4},
        {"op": "delete", "key": "c"},
        {"op": "check", "key": "c", "version": 0},
    ]
    yield one("transaction", operations=good)
    yield one("set", key="huge", value=2**63 - 1)
    yield one("incr", key="huge", by=1)
    yield one("set", key="float", value=1.5)
    yield one("incr", key="float", by=-1.5)
    yield one("usage")


async def test_every_step_has_the_same_outcome_in_memory_and_in_the_host():
    folder = read_folder(EVERYTHING)
    async with PluginHarness(folder) as memory, PluginHarness(folder, mode="process") as process:
        for method, params in steps():
            one = await memory.call("ask", method=method, params=params)
            other = await process.call("ask", method=method, params=params)
            assert one == other, (method, str(params)[:200])


async def test_the_quota_is_kept_in_memory_too():
    async with PluginHarness(read_folder(EVERYTHING)) as plugin:
        answers = [
            await plugin.call(
                "ask", method="storage.set", params={"key": f"k{number}", "value": "x" * 1_000_000}
            )
            for number in range(68)
        ]
        kept = math.floor(64 * 1024 * 1024 / 1_000_005)
        assert answers[: kept - 1] == [1] * (kept - 1)
        assert str(answers[-1]).startswith("quota_exceeded: plugin 'everything' keeps")
