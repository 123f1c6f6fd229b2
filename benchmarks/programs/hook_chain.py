"""A hook with 5 handlers that allow, each in a plugin of its own: `SECONDS` -> µs p50 of it, of one call.

One after the other; the call is of a plain method of one of the plugins, in the same host.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from benchmarks.child_process import BUILD
from host import PluginHost

_HANDLERS = 5
_HOOK = "bench.before"
_WARM_UP = 200

_CODE = f"""
from typing import Any

from plugin_sdk import Plugin, allow, hook, method


class Guard(Plugin):
    @hook("{_HOOK}")
    async def check(self, value: dict[str, Any]):
        return allow()

    @method
    async def echo(self, value: dict[str, Any]) -> dict[str, Any]:
        return value
"""


async def _measure(folder: Path, seconds: float) -> list[float]:
    for number in range(_HANDLERS):
        plugin = folder / f"guard-{number}"
        plugin.mkdir()
        (plugin / "main.py").write_text(_CODE)
        (plugin / "plugin.toml").write_text(
            f'id = "{plugin.name}"\nversion = "1.0.0"\nentry_point = "main.py"\n'
        )
    async with PluginHost([folder], autoload=True) as host:
        value = {"text": "hello"}
        verdict = await host.hook(_HOOK, value)
        if len(verdict.trail) != _HANDLERS or not verdict.allowed:
            raise RuntimeError(f"the chain is not what is to be measured: {verdict}")
        chain = await _p50_us(lambda: host.hook(_HOOK, value), seconds)
        call = await _p50_us(lambda: host.call("guard-0", "echo", {"value": value}), seconds)
    return [chain, call]


async def _p50_us(ask: Callable[[], Awaitable[object]], seconds: float) -> float:
    for _ in range(_WARM_UP):
        await ask()
    taken: list[float] = []
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        await ask()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e6


if __name__ == "__main__":
    BUILD.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BUILD) as place:
        figures = asyncio.run(_measure(Path(place), float(sys.argv[1])))
    sys.stdout.write(msgspec.json.encode(figures).decode())
