"""Handover: what stops one, what is refused before it begins, and what a crash makes of it."""

from collections.abc import Callable
from pathlib import Path

import anyio
import psutil
import pytest

from host import PluginHost
from host.errors import (
    ConsentRequired,
    HandoverFailed,
    ManifestError,
    NotActive,
    PlughostError,
)
from tests.host.supervision.two_runs import WAIT_S, Until, Write, beside, ended, says

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(90)]


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
