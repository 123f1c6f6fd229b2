"""The three ways in which a Python plugin's process begins, and a host with one plugin that begins so."""

import os
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import anyio
import pytest

from host import ExitFacts, PluginHost

Mode = Literal["fork", "exec", "direct"]
Write = Callable[..., Path]

MODES: tuple[Mode, ...] = ("fork", "exec", "direct") if sys.platform == "linux" else ("direct",)

only_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a warden")

EXECUTED = "preload = false\n"
"""In a manifest: the plugin is not forked."""

WAIT_S = 30.0


@asynccontextmanager
async def one_plugin(
    write_plugin: Write, mode: Mode, code: str, manifest: str = "", **options: Any
) -> AsyncGenerator[PluginHost, None]:
    """Run the plugin `one` in this mode, in a host of its own."""
    folder = write_plugin("one", code, (EXECUTED if mode == "exec" else "") + manifest)
    async with PluginHost([folder], warden="off" if mode == "direct" else "auto", **options) as host:
        await host.load("one")
        yield host


async def end_of(host: PluginHost, method: str, **params: Any) -> ExitFacts:
    """Call what ends the plugin's process; return how it ended."""
    with host.changes() as changes, anyio.fail_after(WAIT_S):
        async with anyio.create_task_group() as tasks:

            async def ask() -> None:
                try:
                    await host.call("one", method, params, timeout_s=WAIT_S)
                except Exception as exc:
                    if type(exc).__name__ != "PluginDied":
                        raise

            tasks.start_soon(ask)
            while (await anext(changes)).new != "backoff":
                pass
            tasks.cancel_scope.cancel()
    facts = host.plugin("one").last_exit
    assert facts is not None
    return facts


async def gone(pid: int) -> None:
    """Wait for the end of a process."""
    try:
        fd = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    try:
        with anyio.fail_after(WAIT_S):
            await anyio.wait_readable(fd)
    finally:
        os.close(fd)
