"""`plughost demo`: a host with the example plugins, told line by line."""

import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import anyio
import click

from host.cli.exit_codes import ExitCode
from host.cli.hosting import build_host, run_host
from host.errors import NoHost, PluginDied
from host.facade import Caller
from host.logs import configure
from host.plugin_host import PluginHost
from host.settings import LogSettings, Settings

PLUGINS = ("hello", "streamer", "talker", "greedy", "crasher")
WAIT_S = 30.0
"""Longest wait for any one step."""


@click.command("demo")
def command() -> int:
    """Show what the host does: calls, a stream, a limit that is hit, a crash and its recovery."""
    configure(LogSettings(level="error"), sys.stderr)
    folder = _examples()
    host = build_host(Settings(plugins=tuple(folder / name for name in PLUGINS)), temporary=True)

    @host.api("clock.now", permission="clock:read")
    async def now(caller: Caller) -> str:  # pyright: ignore[reportUnusedFunction]
        return f"{time.strftime('%H:%M')}, {caller.plugin}"

    return run_host(host, _tell)


async def _tell(host: PluginHost) -> int:
    say = _narrator()
    say(f"the host runs; it found {', '.join(view.id for view in host.plugins())}")

    started = time.perf_counter()
    failed = await host.load_all()
    if failed:
        say(f"could not load {', '.join(failed)}")
        return ExitCode.PLUGIN_ERROR
    took_ms = (time.perf_counter() - started) * 1_000
    say(f"each runs in a process of its own, all active after {took_ms:.0f} ms:")
    for view in host.plugins():
        memory_mib = view.limits.memory_bytes // 1024**2
        say(
            f"    {view.id:<9} pid {view.pid:<7} may use {memory_mib} MiB and {view.limits.cpu_cores:g} cores"
        )

    say(f"a call:             hello.greet -> {await host.call('hello', 'greet', {'name': 'Ada'})!r}")
    items = [item async for item in host.stream("hello", "count", {"upto": 5})]
    say(f"a stream:           hello.count -> {items}")
    asked = await host.call(
        "talker", "ask", {"plugin": "hello", "method": "greet", "params": {"name": "Bob"}}
    )
    say(f"plugin to plugin:   talker asks hello through the host -> {asked!r}")
    say(f"plugin to program:  talker asks the program's own API -> {await host.call('talker', 'time')!r}")

    say("a limit: greedy takes 120 MiB, and may have 64")
    await _watch(host, say, "greedy", lambda: _call_and_tell(host, say, "greedy", "grab", {"megabytes": 120}))
    say("a crash: crasher ends itself in the middle of a call")
    await _watch(host, say, "crasher", lambda: _call_and_tell(host, say, "crasher", "crash", {}))

    say(f"the others noticed nothing: hello.greet -> {await host.call('hello', 'greet', {'name': 'Eve'})!r}")
    say("the host stops; no process is left")
    return ExitCode.OK


async def _watch(
    host: PluginHost, say: Callable[[str], None], plugin: str, act: Callable[[], Coroutine[Any, Any, None]]
) -> None:
    """Do something to a plugin and tell its states until it is active again."""
    with host.changes() as changes, anyio.fail_after(WAIT_S):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(act)
            async for change in changes:
                if change.plugin != plugin:
                    continue
                say(f"    {plugin} is {change.new}" + (f": {change.reason}" if change.reason else ""))
                if change.new == "active":
                    break
    say(f"    {plugin} has a new process, pid {host.plugin(plugin).pid}")


async def _call_and_tell(
    host: PluginHost, say: Callable[[str], None], plugin: str, method: str, params: dict[str, int]
) -> None:
    try:
        result = await host.call(plugin, method, params)
    except PluginDied as exc:
        say(f"    the caller gets: {exc.message.splitlines()[0]}")
    else:
        say(f"    {plugin}.{method} -> {result}")


def _narrator() -> Callable[[str], None]:
    started = time.monotonic()

    def say(text: str) -> None:
        sys.stdout.write(f"{time.monotonic() - started:6.2f} s  {text}\n")
        sys.stdout.flush()

    return say


def _examples() -> Path:
    """Return where the example plugins are: packed beside this file, or in the source tree."""
    here = Path(__file__).resolve().parent
    for folder in (here / "demo_plugins", here.parents[1] / "examples" / "plugins"):
        if folder.is_dir():
            return folder
    raise NoHost("the example plugins are not installed", remedy="run the demo from a source tree")
