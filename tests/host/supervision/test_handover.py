"""Handover: a new run takes over from the one that serves, or the one that serves is not touched."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest

from host import PluginHost, PluginView
from host.errors import (
    ConsentRequired,
    HandoverFailed,
    ManifestError,
    MethodNotFound,
    NotActive,
    PlughostError,
    PluginDied,
)
from host.timing import Timing

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]

Write = Callable[..., Path]
Until = Callable[..., Awaitable[PluginView]]
WAIT_S = 30.0


def says(word: object, more: str = "") -> str:
    return f"""
class Says(Plugin):
    @method
    async def word(self) -> Any:
        return {word!r}
{more}
"""


async def ended(pid: int) -> None:
    with anyio.fail_after(WAIT_S):
        while psutil.pid_exists(pid):  # noqa: ASYNC110
            await anyio.sleep(0.02)


async def beside(host: PluginHost, plugin: str, phase: str) -> int:
    """Wait for a run beside the one that serves; return its pid."""
    with anyio.fail_after(WAIT_S):
        while True:
            for one in host.plugin(plugin).beside:
                if one.phase == phase:
                    return one.pid
            await anyio.sleep(0.005)


async def test_no_call_fails_while_ten_reloads_happen_and_no_answer_is_of_the_past(
    plugins: Path, write_plugin: Write, left_over: Callable[[], list[str]]
) -> None:
    write_plugin("says", says(0))
    answers: list[tuple[int, int]] = []
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        reloaded = 0
        done = False

        async def hammer() -> None:
            while not done:
                begun_after = reloaded
                answers.append((begun_after, await host.call("says", "word")))

        with anyio.fail_after(80):
            async with anyio.create_task_group() as tasks:
                for _ in range(16):
                    tasks.start_soon(hammer)
                for number in range(1, 11):
                    write_plugin("says", says(number))
                    await host.reload("says")
                    reloaded = number
                    assert await host.call("says", "word") == number
                done = True
        assert host.plugin("says").state == "active"
    assert len(answers) > 100
    assert all(begun <= word <= begun + 1 for begun, word in answers)
    assert {word for _, word in answers} >= {0, 10}
    assert left_over() == []


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        ("class Says(Plugin", "main.py"),
        (says(2, "    async def on_load(self):\n        raise ValueError('no such luck')"), "no such luck"),
        (
            says(2, "    def on_health(self):\n        return {'status': 'unhealthy', 'reason': 'no pulse'}"),
            "no pulse",
        ),
        (says(2, "    async def on_load(self):\n        import os\n        os._exit(7)"), "code 7"),
        (
            says(2, "    async def on_load(self):\n        import asyncio\n        await asyncio.sleep(600)"),
            "plugin.load",
        ),
        (
            says(
                2, "    async def on_health(self):\n        import asyncio\n        await asyncio.sleep(600)"
            ),
            "health check",
        ),
    ],
    ids=["syntax", "on_load", "unhealthy", "crash", "hang", "hanging health check"],
)
async def test_a_run_that_fails_leaves_the_one_that_serves_untouched(
    plugins: Path, write_plugin: Write, code: str, shown: str
) -> None:
    write_plugin("says", says(1))
    async with PluginHost(plugins=[plugins], autoload=True, timing=Timing(load_s=1.0, health_s=1.0)) as host:
        before = host.plugin("says")
        write_plugin("says", code)
        with pytest.raises(HandoverFailed) as caught, anyio.fail_after(WAIT_S):
            await host.reload("says")
        assert shown in str(caught.value)
        after = host.plugin("says")
        assert (after.state, after.pid, after.restarts, after.beside) == ("active", before.pid, 0, ())
        assert await host.call("says", "word") == 1
        write_plugin("says", says(3))
        await host.reload("says")
        assert await host.call("says", "word") == 3


async def test_a_call_under_way_is_answered_by_the_former_run_which_goes_after_it(
    plugins: Path, write_plugin: Write
) -> None:
    gated = """
import asyncio
class Says(Plugin):
    async def on_load(self):
        self.gate = asyncio.Event()
    @method
    async def word(self) -> Any:
        await self.gate.wait()
        return "former"
    @method
    async def open(self) -> None:
        self.gate.set()
    @method
    async def ready(self) -> None:
        await self.events.emit("says.ready", {})
"""
    write_plugin("says", gated, 'permissions = ["events:emit:says.ready"]\n')
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        pid = host.plugin("says").pid
        assert pid is not None
        session = host._roster.get("says").live()  # pyright: ignore[reportPrivateUsage]
        answers: list[Any] = []

        async def call() -> None:
            answers.append(await host.call("says", "word", timeout_s=20))

        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(call)
                while session.peer.outgoing.unanswered() != ["word"]:  # noqa: ASYNC110
                    await anyio.sleep(0.005)
                write_plugin("says", says("new"), 'permissions = ["events:emit:says.ready"]\n')
                await host.reload("says")
                view = host.plugin("says")
                assert view.pid != pid
                assert [(one.pid, one.phase) for one in view.beside] == [(pid, "ending")]
                assert view.state == "active"
                assert "former run" in view.reason
                assert await host.call("says", "word") == "new"
                await session.peer.outgoing.request("open", b"{}", timeout_s=5)
        assert answers == ["former"]
        await ended(pid)


async def test_a_former_run_that_never_drains_is_ended_and_its_calls_say_so(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin(
        "says",
        says(
            1,
            "    @method\n    async def hang(self) -> None:\n"
            "        import asyncio\n        await asyncio.sleep(600)",
        ),
    )
    timing = Timing(replaced_drain_s=0.5)
    async with PluginHost(plugins=[plugins], autoload=True, timing=timing) as host:
        pid = host.plugin("says").pid
        assert pid is not None
        failures: list[PlughostError] = []

        async def hang() -> None:
            try:
                await host.call("says", "hang", timeout_s=60)
            except PlughostError as exc:
                failures.append(exc)

        session = host._roster.get("says").live()  # pyright: ignore[reportPrivateUsage]
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(hang)
                while not session.peer.outgoing.in_flight:  # noqa: ASYNC110
                    await anyio.sleep(0.005)
                write_plugin("says", says(2))
                await host.reload("says")
        assert [type(one) for one in failures] == [PluginDied]
        await ended(pid)
        assert host.plugin("says").state == "active"
        assert host.plugin("says").restarts == 0


COUNTS = """
class Counts(Plugin):
    async def on_load(self):
        self.seen = []
    @on("thing.happened")
    async def happened(self, event):
        await self.storage.set(f"seen.{event['n']}.{VERSION}", True)
"""


@pytest.mark.parametrize("durable", [False, True], ids=["ephemeral", "durable"])
async def test_each_event_is_handled_by_exactly_one_of_both(
    plugins: Path, write_plugin: Write, durable: bool
) -> None:
    def code(version: int) -> str:
        text = COUNTS.replace("VERSION", str(version))
        if durable:
            text = text.replace('@on("thing.happened")', '@on("thing.happened", durable=True)')
        return "from plugin_sdk import on\n" + text

    write_plugin("counts", code(1))
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        count = 0
        done = False

        async def emit() -> None:
            nonlocal count
            while not done:
                count += 1
                await host.emit("thing.happened", {"n": count})
                await anyio.sleep(0.001)

        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(emit)
                while not await host.storage.keys("counts", "seen."):  # noqa: ASYNC110
                    await anyio.sleep(0.005)
                for version in (2, 3):
                    write_plugin("counts", code(version))
                    await host.reload("counts")
                    target = count + 20
                    while count < target:  # noqa: ASYNC110
                        await anyio.sleep(0.005)
                done = True
            while len(await host.storage.keys("counts", "seen.")) < count:  # noqa: ASYNC110
                await anyio.sleep(0.02)
            while host.plugin("counts").beside:  # noqa: ASYNC110
                await anyio.sleep(0.02)
            keys = [one.key for one in await host.storage.keys("counts", "seen.")]
    handled = sorted(int(key.split(".")[1]) for key in keys)
    assert handled == [*range(1, count + 1)]
    by_version = {int(key.split(".")[1]): int(key.split(".")[2]) for key in keys}
    assert set(by_version.values()) == {1, 2, 3}
    assert [by_version[n] for n in sorted(by_version)] == sorted(by_version.values())


async def test_a_schedule_ticks_on_and_never_twice(plugins: Path, write_plugin: Write) -> None:
    code = """
from plugin_sdk import every
class Ticks(Plugin):
    @every(seconds=0.2)
    async def beat(self):
        await self.storage.incr("beats")
        await self.storage.incr(f"beats.VERSION")
"""
    write_plugin("ticks", code.replace("VERSION", "1"))
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        with anyio.fail_after(WAIT_S):
            while (host.schedule.list("ticks")[0].runs) < 2:  # noqa: ASYNC110
                await anyio.sleep(0.02)
            write_plugin("ticks", code.replace("VERSION", "2"))
            await host.reload("ticks")
            assert len(host.schedule.list("ticks")) == 1
            runs = host.schedule.list("ticks")[0].runs
            assert runs >= 2
            while host.schedule.list("ticks")[0].runs < runs + 3:  # noqa: ASYNC110
                await anyio.sleep(0.02)
            view = host.schedule.list("ticks")[0]
            while host.schedule.list("ticks")[0].running:  # noqa: ASYNC110
                await anyio.sleep(0.005)
            assert view.failures == 0
            first, second = [await host.storage.get("ticks", f"beats.{n}") for n in (1, 2)]
            assert await host.storage.get("ticks", "beats") == first + second
            assert second >= 2


async def test_a_fail_closed_hook_is_asked_throughout(plugins: Path, write_plugin: Write) -> None:
    code = """
from plugin_sdk import hook
class Guards(Plugin):
    @hook("thing.before", fail="closed")
    async def guard(self, value):
        return None
"""
    write_plugin("guards", code)
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        verdicts: list[Any] = []
        done = False

        async def ask() -> None:
            while not done:
                verdicts.append(await host.hook("thing.before", {"n": 1}))

        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                for _ in range(4):
                    tasks.start_soon(ask)
                for _ in range(3):
                    await host.reload("guards")
                done = True
        assert len(verdicts) > 10
        assert all(one.allowed for one in verdicts)
        assert all([step.verdict for step in one.trail] == ["allow"] for one in verdicts)


REGISTERS = """
class Registers(Plugin):
    async def on_load(self):
        await self.commands.register("shared", self.shared)
        if VERSION == 2:
            await self.commands.register("added", self.shared)
            await self.storage.set("registered", True)
            while not await self.storage.get("go"):
                await asyncio.sleep(0.02)
    async def shared(self) -> Any:
        return VERSION
"""


async def test_what_on_load_registers_is_in_force_from_the_switch_on(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("registers", "import asyncio\n" + REGISTERS.replace("VERSION", "1"))
    write_plugin(
        "other",
        """
class Other(Plugin):
    @method
    async def take(self, name: str) -> None:
        await self.commands.register(name, self.nothing)
    async def nothing(self) -> None: ...
""",
    )
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        write_plugin("registers", "import asyncio\n" + REGISTERS.replace("VERSION", "2"))
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.reload, "registers")
                while not await host.storage.get("registers", "registered"):  # noqa: ASYNC110
                    await anyio.sleep(0.02)
                assert [one.name for one in host.commands.list("registers")] == ["shared"]
                assert await host.commands.run("shared") == 1
                # What waits is taken: nobody else gets it before the switch.
                with pytest.raises(PlughostError, match="registers"):
                    await host.call("other", "take", {"name": "added"})
                await host.storage.set("registers", "go", True)
        assert [one.name for one in host.commands.list("registers")] == ["added", "shared"]
        assert await host.commands.run("shared") == 2
        await host.storage.delete("registers", "go")
        write_plugin("registers", "import asyncio\n" + REGISTERS.replace("VERSION", "3"))
        await host.reload("registers")
        assert [one.name for one in host.commands.list("registers")] == ["shared"]
        await host.call("other", "take", {"name": "added"})


@pytest.mark.parametrize("verb", ["unload", "kill", "disable", "close"])
async def test_a_stop_wins_over_a_handover_and_leaves_no_process(
    plugins: Path, write_plugin: Write, verb: str, left_over: Callable[[], list[str]]
) -> None:
    hang = says(2, "    async def on_load(self):\n        import asyncio\n        await asyncio.sleep(600)")
    write_plugin("says", says(1))
    caught: list[PlughostError] = []
    pids: list[int] = []
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        write_plugin("says", hang)

        async def reload() -> None:
            try:
                await host.reload("says")
            except PlughostError as exc:
                caught.append(exc)

        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(reload)
                new = await beside(host, "says", "starting")
                view = host.plugin("says")
                assert view.state == "active"
                assert str(new) in view.reason
                assert view.pid is not None
                pids += [new, view.pid]
                if verb == "close":
                    await host.aclose()
                else:
                    await getattr(host, verb)("says")
                    for pid in pids:
                        await ended(pid)
                    assert host.plugin("says").state in ("discovered", "disabled")
    assert [type(one) for one in caught] == [NotActive]
    for pid in pids:
        await ended(pid)
    assert left_over() == []


async def test_a_crash_of_the_one_that_serves_brings_the_new_one_in(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    waits = says(
        2,
        "    async def on_load(self):\n"
        "        import asyncio\n"
        "        while not await self.storage.get('go'):\n"
        "            await asyncio.sleep(0.02)",
    )
    write_plugin("says", says(1))
    new = pid = None
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        write_plugin("says", waits)
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(host.reload, "says")
                new = await beside(host, "says", "starting")
                pid = host.plugin("says").pid
                assert pid is not None
                psutil.Process(pid).kill()
                await until(host, "says", "loading")
                await host.storage.set("says", "go", True)
        view = host.plugin("says")
        assert (view.state, view.pid) == ("active", new)
        assert await host.call("says", "word") == 2


async def test_a_crash_of_both_is_restarted_as_usual(
    plugins: Path, write_plugin: Write, until: Until
) -> None:
    waits = says(
        2,
        "    async def on_load(self):\n"
        "        import asyncio\n"
        "        while not await self.storage.get('go'):\n"
        "            await asyncio.sleep(0.02)",
    )
    write_plugin("says", says(1))
    new = pid = None
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        write_plugin("says", waits)
        with anyio.fail_after(WAIT_S):
            async with anyio.create_task_group() as tasks:

                async def reload() -> None:
                    with pytest.raises(HandoverFailed, match="has ended"):
                        await host.reload("says")

                tasks.start_soon(reload)
                new = await beside(host, "says", "starting")
                pid = host.plugin("says").pid
                assert pid is not None
                psutil.Process(pid).kill()
                await until(host, "says", "loading")
                psutil.Process(new).kill()
            await until(host, "says", "backoff")
            write_plugin("says", says(3))
            view = await until(host, "says", "active")
        assert view.pid not in (None, pid, new)
        assert await host.call("says", "word") == 3


async def test_a_version_that_asks_for_more_waits_for_consent(plugins: Path, write_plugin: Write) -> None:
    write_plugin("says", says(1), 'permissions = ["sessions:read"]\n')
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        pid = host.plugin("says").pid
        write_plugin("says", says(2), 'permissions = ["sessions:read", "sessions:write"]\n', version="2.0.0")
        with pytest.raises(ConsentRequired):
            await host.reload("says")
        view = host.plugin("says")
        assert (view.state, view.pid, view.version) == ("active", pid, "1.0.0")
        assert view.waiting_permissions == ("sessions:write",)
        await host.permissions.consent("says")
        await host.reload("says")
        view = host.plugin("says")
        assert (view.version, view.waiting_permissions) == ("2.0.0", ())
        assert "sessions:write" in view.permissions
        assert await host.call("says", "word") == 2


async def test_another_id_and_a_broken_manifest_are_refused(plugins: Path, write_plugin: Write) -> None:
    folder = write_plugin("says", says(1))
    manifest = folder / "plugin.toml"
    good = manifest.read_text()
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        manifest.write_text(good + "nonsense = [")
        with pytest.raises(ManifestError):
            await host.reload("says")
        manifest.write_text(good.replace('"says"', '"tells"'))
        with pytest.raises(HandoverFailed, match="tells"):
            await host.reload("says")
        assert await host.call("says", "word") == 1


async def test_a_plugin_that_rests_is_loaded_from_its_package_as_it_is(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("says", says(1))
    async with PluginHost(plugins=[plugins]) as host:
        write_plugin("says", says(2), version="2.0.0")
        await host.reload("says")
        assert host.plugin("says").version == "2.0.0"
        assert await host.call("says", "word") == 2


async def test_methods_that_the_new_run_lacks_are_gone_with_the_switch(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("says", says(1, "    @method\n    async def other(self) -> int:\n        return 1"))
    async with PluginHost(plugins=[plugins], autoload=True) as host:
        assert await host.call("says", "other") == 1
        write_plugin("says", says(2))
        await host.reload("says")
        with pytest.raises(MethodNotFound):
            await host.call("says", "other")
