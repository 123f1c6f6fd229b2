"""Scale: a host with one plugin, ten, and so on to a thousand; prints a table, writes it with a plot.

Each count has a host, and a process, of its own. What is taken: loading all, calling each once, listing all,
the host at rest (its memory, its CPU, how late a ticker of a millisecond is), and stopping all.
"""

import argparse
import asyncio
import resource
import statistics
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import msgspec
import psutil

from benchmarks.line_plot import Series, line_plot
from benchmarks.plugin_folders import plugin_folders
from benchmarks.process_tree import pss_mib
from host import PluginHost

RESULTS = Path(__file__).parents[1] / "results"
COUNTS = (1, 10, 30, 100, 300, 1_000)
TICK_S = 0.001
SETTLE_S = 2.0


class Figures(msgspec.Struct):
    """One count's."""

    plugins: int
    load_s: float
    loading_lag_ms: float
    """99th percentile of how late the ticker was while all were loaded."""
    call_each_s: float
    list_ms: float
    rest_cpu_pct: float
    """Of one core."""
    rest_lag_p50_ms: float
    rest_lag_p99_ms: float
    host_rss_mib: float
    all_pss_mib: float
    """Host, warden and plugins."""
    stop_s: float
    left: int
    """Processes that were left at the end."""


class _Ticker:
    """How late a millisecond is, again and again."""

    def __init__(self) -> None:
        self.lags_ms: list[float] = []

    async def run(self) -> None:
        while True:
            due_s = time.perf_counter() + TICK_S
            await asyncio.sleep(TICK_S)
            self.lags_ms.append((time.perf_counter() - due_s) * 1e3)

    def percentile(self, share: float) -> float:
        """Return one of what was taken since the last call, in ms."""
        taken, self.lags_ms = sorted(self.lags_ms), []
        return taken[min(len(taken) - 1, int(len(taken) * share))] if taken else 0.0


async def _measure(count: int, rest_s: float) -> Figures:
    this = psutil.Process()
    with plugin_folders(count) as (folder, plugins):
        host = PluginHost(plugins=[folder])
        async with asyncio.TaskGroup() as tasks, host:
            ticker = _Ticker()
            ticking = tasks.create_task(ticker.run())
            began = time.perf_counter()
            failed = await host.load_all()
            load_s = time.perf_counter() - began
            if failed:
                raise RuntimeError(f"{len(failed)} of {count} did not start: {[*failed.values()][:1]}")
            loading_lag_ms = ticker.percentile(0.99)
            began = time.perf_counter()
            for plugin in plugins:
                assert await host.call(plugin, "echo", {"value": plugin}) == plugin
            call_each_s = time.perf_counter() - began
            began = time.perf_counter()
            assert sum(view.state == "active" for view in host.plugins()) == count
            list_ms = (time.perf_counter() - began) * 1e3
            ticking.cancel()
            await asyncio.sleep(SETTLE_S)
            before = resource.getrusage(resource.RUSAGE_SELF)
            await asyncio.sleep(rest_s)
            after = resource.getrusage(resource.RUSAGE_SELF)
            ticker.lags_ms.clear()
            ticking = tasks.create_task(ticker.run())
            await asyncio.sleep(rest_s)
            ticking.cancel()
            lags_ms = sorted(ticker.lags_ms)
            rss_mib = this.memory_info().rss / 2**20
            everybody = [this, *this.children(recursive=True)]
            all_pss_mib = sum(pss_mib(one.pid) for one in everybody)
            began = time.perf_counter()
            await host.aclose()
            stop_s = time.perf_counter() - began
    left = 0
    for one in everybody[1:]:
        with suppress(psutil.NoSuchProcess):
            left += one.is_running()
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Figures(
        plugins=count,
        load_s=load_s,
        loading_lag_ms=loading_lag_ms,
        call_each_s=call_each_s,
        list_ms=list_ms,
        rest_cpu_pct=cpu_s / rest_s * 100,
        rest_lag_p50_ms=statistics.median(lags_ms),
        rest_lag_p99_ms=lags_ms[int(len(lags_ms) * 0.99)],
        host_rss_mib=rss_mib,
        all_pss_mib=all_pss_mib,
        stop_s=stop_s,
        left=left,
    )


def main(arguments: list[str]) -> int:
    """Measure every count, or only the one of `--one`; 1 if a process was left."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.programs.scale")
    parser.add_argument("--one", type=int, metavar="N", help="this count alone, as JSON")
    parser.add_argument("--rest-s", type=float, default=8.0, help="how long to look at a host at rest")
    parser.add_argument("--out", type=Path, default=RESULTS, metavar="FOLDER")
    options = parser.parse_args(arguments)
    if options.one:
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
        print(msgspec.json.encode(asyncio.run(_measure(options.one, options.rest_s))).decode())
        return 0
    taken: list[Figures] = []
    for count in COUNTS:
        print(f"{count} plugins", file=sys.stderr)
        command = [sys.executable, "-m", __spec__.name, "--one", str(count), "--rest-s", str(options.rest_s)]
        done = subprocess.run(command, stdout=subprocess.PIPE, timeout=180, check=True)
        taken.append(msgspec.json.decode(done.stdout, type=Figures))
    table = _table(taken)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "scale.md").write_text("# Scale, latest run\n\n" + table, encoding="utf-8")
    (options.out / "scale.svg").write_text(_plot(taken), encoding="utf-8")
    print(table)
    return int(any(one.left for one in taken))


def _table(taken: list[Figures]) -> str:
    rows = [
        ("plugins", [f"{one.plugins:,}" for one in taken]),
        ("load all, s", [f"{one.load_s:.2f}" for one in taken]),
        ("lag of a 1 ms ticker meanwhile, p99, ms", [f"{one.loading_lag_ms:.1f}" for one in taken]),
        ("call each once, s", [f"{one.call_each_s:.3f}" for one in taken]),
        ("list all, ms", [f"{one.list_ms:.2f}" for one in taken]),
        ("CPU at rest, % of a core", [f"{one.rest_cpu_pct:.2f}" for one in taken]),
        (
            "lag at rest, p50 / p99, ms",
            [f"{one.rest_lag_p50_ms:.2f} / {one.rest_lag_p99_ms:.2f}" for one in taken],
        ),
        ("host's RSS, MiB", [f"{one.host_rss_mib:.1f}" for one in taken]),
        ("PSS in all, MiB", [f"{one.all_pss_mib:,.0f}" for one in taken]),
        ("PSS in all, per plugin, MiB", [f"{one.all_pss_mib / one.plugins:.2f}" for one in taken]),
        ("stop all, s", [f"{one.stop_s:.2f}" for one in taken]),
        ("processes left", [str(one.left) for one in taken]),
    ]
    head, *body = [f"| {title} | {' | '.join(cells)} |" for title, cells in rows]
    return "\n".join([head, "| --- |" + " ---: |" * len(taken), *body, ""])


def _plot(taken: list[Figures]) -> str:
    counts = [float(one.plugins) for one in taken]
    return line_plot(
        "Scale",
        "plugins",
        counts,
        [
            Series("load all, s", [one.load_s for one in taken]),
            Series("call each once, s", [one.call_each_s for one in taken]),
            Series("CPU at rest, % of a core", [one.rest_cpu_pct for one in taken]),
            Series("lag at rest, p99, ms", [one.rest_lag_p99_ms for one in taken]),
            Series("host's RSS, MiB", [one.host_rss_mib for one in taken]),
            Series("PSS in all, MiB", [one.all_pss_mib for one in taken]),
            Series("stop all, s", [one.stop_s for one in taken]),
        ],
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
