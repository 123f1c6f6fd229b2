"""A host to look at: `QUIET CHATTY DATA`, so many plugins; then a request on each line, and its figures.

`calls SECONDS` calls one plugin again and again: p99 in µs, of the calls and of moments. `chatter LINES_PER_S
SECONDS` has the chatty ones log together: lines that came to the host's log, lines that clients lost, and the
seconds that it took.
"""

import asyncio
import logging
import os
import sys
import time

import anyio
import msgspec

from benchmarks.plugin_folders import plugin_folders
from host import PluginHost
from host.facade.tails import TailQuery

_WARM_UP = 200
_MOMENT_NS = 100_000
"""Between two moments at which somebody might have called."""

_SPREAD_S = 0.2
"""Over which the plugins' first lines are spread; each logs as often as that."""

_NEWEST_S = 0.5


async def _serve(quiet: int, chatty: int, data: str) -> None:
    # The lines go to the host's log files and to whoever follows; stderr would be a third place.
    logging.getLogger().addHandler(logging.NullHandler())
    requests = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(requests), os.fdopen(os.dup(0), "rb")
    )
    with (
        plugin_folders(quiet, name="calm") as (folder, others),
        plugin_folders(chatty, kind="chatty", name="loud") as (loud, talkers),
    ):
        async with PluginHost([folder, loud], data=data, control=True) as host:
            if failed := await host.load_all():
                raise RuntimeError(f"{len(failed)} plugins did not start: {next(iter(failed.values()))}")
            _answer([])
            while request := (await requests.readline()).decode().split():
                word, *numbers = request
                figures = [float(number) for number in numbers]
                if word == "calls":
                    _answer(await _calls(host, others[0], figures[0]))
                else:
                    _answer(await _chatter(host, talkers, *figures))
    transport.close()


async def _calls(host: PluginHost, plugin: str, seconds: float) -> list[float]:
    clock, call, value = time.perf_counter_ns, host.call, {"value": {"text": "hello", "number": 1}}
    for _ in range(_WARM_UP):
        await call(plugin, "echo", value)
    taken: list[int] = []
    before = clock()
    until = before + int(seconds * 1e9)
    while before < until:
        await call(plugin, "echo", value)
        after = clock()
        taken.append(after - before)
        before = after
    return [p99_us(taken), p99_us(of_moments(taken))]


def of_moments(taken: list[int]) -> list[int]:
    """Return how long calls would have waited that came at regular moments, held up by those before them.

    Of calls that follow each other, one that is held up counts once, however many it would have held up.
    """
    return [left for one in taken for left in (one, *range(one - _MOMENT_NS, 0, -_MOMENT_NS))]


def p99_us(taken: list[int]) -> float:
    return sorted(taken)[int(len(taken) * 0.99)] / 1e3


async def _chatter(host: PluginHost, plugins: list[str], lines_per_s: float, seconds: float) -> list[float]:
    before, began_s = await _newest(host), time.perf_counter()
    async with anyio.create_task_group() as tasks:
        for number, plugin in enumerate(plugins):
            asked = {
                "lines_per_s": lines_per_s / len(plugins),
                "seconds": seconds,
                "head_start_s": number / len(plugins) * _SPREAD_S,
            }
            tasks.start_soon(_talk, host, plugin, asked, seconds + 30.0)
    took_s = time.perf_counter() - began_s
    clients = (await host.facade.host()).clients
    return [float(await _newest(host) - before), float(sum(one.dropped for one in clients)), took_s]


async def _talk(host: PluginHost, plugin: str, asked: dict[str, float], timeout_s: float) -> None:
    await host.call(plugin, "chatter", asked, timeout_s=timeout_s)


async def _newest(host: PluginHost) -> int:
    """Return the number of the newest line of the host's log; 0 if there is none."""
    async with host.facade.tail(TailQuery(source="logs", last=1)) as tail:
        with anyio.move_on_after(_NEWEST_S):
            async for batch in tail:
                return batch.lines[-1].seq
    return 0


def _answer(figures: list[float]) -> None:
    sys.stdout.write(msgspec.json.encode(figures).decode() + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]))
