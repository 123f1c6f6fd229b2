"""Two runs of one plugin: what tests of a handover write, wait for and look at."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import anyio
import psutil

from host import PluginHost, PluginView

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
