"""Storage against a dict: whatever is done to both, in whatever order, both say the same."""

import asyncio
import tempfile
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import anyio
import msgspec
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from host.clock import FakeClock
from host.errors import Conflict, InvalidParams
from host.services.storage import Storage
from host.state.storage_file import Span
from protocol.messages.storage import StorageOperation

_T = TypeVar("_T")

KEYS = st.sampled_from(["a", "ab", "abc", "b", "größe", "\U0001f600", "a%", "a_"])
PLUGINS = st.sampled_from(["one", "two"])
VALUES = st.one_of(st.integers(-9, 9), st.lists(st.integers(0, 9), max_size=3), st.text(max_size=5))


class TwoClocks(FakeClock):
    """A wall clock that may be set back, and a monotonic one that is not."""

    def __init__(self) -> None:
        super().__init__()
        self.set_back_s = 0.0

    def wall(self) -> float:
        return self.now_s - self.set_back_s


class StorageModel(RuleBasedStateMachine):
    """Values and ends by plugin and key, as they should be."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.folder = tempfile.TemporaryDirectory()
        self.clock = TwoClocks()
        self.kept: dict[tuple[str, str], tuple[Any, float | None]] = {}
        self.versions: dict[tuple[str, str], set[int]] = {}
        self.storage = Storage(self.clock)
        self.now_s = self.clock.now_s

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return self.loop.run_until_complete(coroutine)

    async def _open(self) -> None:
        # Its sweeps are asked for, and not waited for, so it needs no tasks that last.
        async with anyio.create_task_group() as tasks:
            await self.storage.open(Path(self.folder.name), tasks)
            tasks.cancel_scope.cancel()

    @initialize()
    def open(self) -> None:
        self.run(self._open())

    def teardown(self) -> None:
        self.run(self.storage.aclose())
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()
        self.folder.cleanup()

    def there(self, plugin: str, key: str) -> tuple[Any, float | None] | None:
        kept = self.kept.get((plugin, key))
        return None if kept is None or (kept[1] is not None and kept[1] <= self.now_s) else kept

    def change(self, plugin: str, *operations: StorageOperation) -> list[Any]:
        results = self.run(self.storage.apply(plugin, operations))
        for operation in operations:
            row = self.run(self.storage.row(plugin, operation.key))
            if row is not None:
                self.versions.setdefault((plugin, operation.key), set()).add(row.version)
        return results

    @rule(plugin=PLUGINS, key=KEYS, value=VALUES, ttl_s=st.sampled_from([None, 1.0, 10.0]))
    def set(self, plugin: str, key: str, value: Any, ttl_s: float | None) -> None:
        used = self.versions.get((plugin, key), set())
        (version,) = self.run(self.storage.apply(plugin, [StorageOperation("set", key, _raw(value), ttl_s)]))
        assert version > max(used, default=0), "a version was used twice"
        self.versions.setdefault((plugin, key), set()).add(version)
        self.kept[plugin, key] = (value, None if ttl_s is None else self.now_s + ttl_s)

    @rule(plugin=PLUGINS, key=KEYS)
    def delete(self, plugin: str, key: str) -> None:
        was_there = self.there(plugin, key) is not None
        assert self.change(plugin, StorageOperation("delete", key)) == [was_there]
        self.kept.pop((plugin, key), None)

    @rule(plugin=PLUGINS, key=KEYS, by=st.integers(-3, 3))
    def incr(self, plugin: str, key: str, by: int) -> None:
        value, until_s = self.there(plugin, key) or (0, None)
        operation = StorageOperation("incr", key, by=by)
        if not isinstance(value, int):
            self.refused(InvalidParams, plugin, operation)
            return
        assert self.change(plugin, operation) == [value + by]
        self.kept[plugin, key] = (value + by, until_s)

    @rule(plugin=PLUGINS, key=KEYS, item=st.integers(), keep=st.sampled_from([None, 1, 3]))
    def append(self, plugin: str, key: str, item: int, keep: int | None) -> None:
        value, until_s = self.there(plugin, key) or ([], None)
        operation = StorageOperation("append", key, _raw(item), keep=keep)
        if not isinstance(value, list):
            self.refused(InvalidParams, plugin, operation)
            return
        new: list[Any] = [*value, item]
        new = new[-keep:] if keep else new
        assert self.change(plugin, operation) == [len(new)]
        self.kept[plugin, key] = (new, until_s)

    @rule(plugin=PLUGINS, key=KEYS, other=KEYS, value=VALUES)
    def several_at_once(self, plugin: str, key: str, other: str, value: Any) -> None:
        row = self.run(self.storage.row(plugin, key))
        version = 0 if row is None else row.version
        change = StorageOperation("set", other, _raw(value))
        self.refused(Conflict, plugin, change, StorageOperation("check", "never used", version=version + 1))
        self.change(plugin, StorageOperation("check", key, version=version), change)
        self.kept[plugin, other] = (value, None)

    @rule(plugin=PLUGINS)
    def wipe(self, plugin: str) -> None:
        self.run(self.storage.wipe(plugin))
        self.kept = {place: kept for place, kept in self.kept.items() if place[0] != plugin}

    @rule(seconds=st.sampled_from([0.5, 5.0]))
    def time_passes(self, seconds: float) -> None:
        self.clock.advance(seconds)
        now_s = self.storage.now_s()
        assert now_s >= self.now_s + seconds
        self.now_s = now_s

    @rule(seconds=st.sampled_from([-20.0, 3.0, 50.0]))
    def wall_clock_is_set(self, seconds: float) -> None:
        self.clock.set_back_s += seconds
        now_s = self.storage.now_s()
        assert now_s >= self.now_s
        self.now_s = now_s

    @rule()
    def sweep(self) -> None:
        self.run(self.storage.sweep())

    @rule()
    def host_is_started_anew(self) -> None:
        may_expire = any(until_s is not None for _, until_s in self.kept.values())
        self.run(self.storage.aclose())
        self.storage = Storage(self.clock)
        self.run(self._open())
        now_s = self.storage.now_s()
        # Where no key can expire the time is not kept: nothing is judged by it.
        assert now_s >= self.now_s or not may_expire
        self.now_s = now_s

    @invariant()
    def all_is_there(self) -> None:
        for plugin in ("one", "two"):
            expected = {
                key: kept[0]
                for (owner, key) in self.kept
                if owner == plugin and (kept := self.there(plugin, key)) is not None
            }
            for key in ("a", "ab", "abc", "b", "größe", "\U0001f600", "a%", "a_"):
                row = self.run(self.storage.row(plugin, key))
                assert (None if row is None else msgspec.json.decode(row.value)) == expected.get(key)
            for prefix in ("", "a", "ab", "gr", "z"):
                named = sorted((key for key in expected if key.startswith(prefix)), key=str.encode)
                assert self.run(self.storage.keys(plugin, Span(prefix))) == named
            rows, more = self.run(self.storage.page(plugin, Span()))
            assert {key: msgspec.json.decode(row.value) for key, row in rows} == expected
            assert not more
            usage = self.run(self.storage.usage(plugin))
            assert usage.keys == len(expected)
            assert usage.bytes == sum(
                len(key.encode()) + len(msgspec.json.encode(value)) for key, value in expected.items()
            )

    def refused(self, error: type[Exception], plugin: str, *operations: StorageOperation) -> None:
        try:
            self.run(self.storage.apply(plugin, operations))
        except error:
            return
        raise AssertionError("it should have been refused")


def _raw(value: Any) -> msgspec.Raw:
    return msgspec.Raw(msgspec.json.encode(value))


StorageModel.TestCase.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
TestStorageAgainstADict = StorageModel.TestCase
