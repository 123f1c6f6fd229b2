"""What only a host of ours can show: at rest, its watchdog, its command line, its imports, its monitor.

Each function takes one sample, in processes of its own, and returns the figures in the order of its
measurement's rows. What can't be measured here raises `Absent`; its row and its bar wait for it.
"""

import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.child_process import ROOT
from benchmarks.contestant import Absent
from benchmarks.process_tree import end_tree

_PROGRAM_S = 90.0
"""Longest time that one program may take."""

_figures = msgspec.json.Decoder(list[float]).decode

_TIMED_IMPORT = "from time import process_time as now; began = now(); import {}; print(now() - began)"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work one sample is."""

    sample_s: float
    """Seconds for which one contestant is called."""
    rest_s: float
    """Seconds for which a host at rest is watched."""


def host_alone(effort: Effort) -> list[float]:
    """RSS in MiB and voluntary context switches per second, without plugins."""
    rss_mib, _, switches, _ = _printed("idle_host", "0", str(min(effort.rest_s, 3.0)))
    return [rss_mib, switches]


def idle_20(effort: Effort) -> list[float]:
    """CPU in percent of a core, and voluntary context switches per second."""
    _, cpu_pct, switches, _ = _printed("idle_host", "20", str(effort.rest_s))
    return [cpu_pct, switches]


def idle_1000(effort: Effort) -> list[float]:
    """CPU in percent of a core, and PSS in GiB of everything."""
    _, cpu_pct, _, pss_mib = _printed("idle_host", "1000", str(effort.rest_s))
    return [cpu_pct, pss_mib / 1024]


def sweep_10(_effort: Effort) -> list[float]:
    """CPU milliseconds a sweep, and percent of a core at one sweep a second."""
    return _printed("sweeps", "10")


def sweep_100(_effort: Effort) -> list[float]:
    """The same with 100 processes."""
    return _printed("sweeps", "100")


def sweep_500(_effort: Effort) -> list[float]:
    """The same with 500 processes."""
    return _printed("sweeps", "500")


def version(_effort: Effort) -> list[float]:
    """Milliseconds from the start of the command to its end."""
    return [_command_ms("--version")]


def imports(_effort: Effort) -> list[float]:
    """The import of `plugin_sdk` as a multiple of asyncio's; CPU milliseconds of the import of `host`."""
    taken: dict[str, list[float]] = {"asyncio": [], "plugin_sdk": [], "host": []}
    for _ in range(3):
        for module, seconds in taken.items():
            seconds.append(float(_run([sys.executable, "-c", _TIMED_IMPORT.format(module)])))
    asyncio_s, sdk_s, host_s = map(statistics.median, taken.values())
    return [sdk_s / asyncio_s, host_s * 1e3]


def hook_chain(effort: Effort) -> list[float]:
    """Microseconds, p50, of a hook with 5 handlers in 5 plugins, and of a call in the same host."""
    return _printed("hook_chain", str(effort.sample_s))


def storage_writes(effort: Effort) -> list[float]:
    """Acknowledged writes per second with 1, 16 and 64 callers; milliseconds of one sync of the disk."""
    return _printed("storage_writes", str(effort.sample_s))


def ps(_effort: Effort) -> list[float]:
    """Milliseconds of `plughost ps` beside a host with 20 plugins."""
    return _printed("attached_ps", "20")


def events_1(effort: Effort) -> list[float]:
    """Deliveries per second of plain and of durable events."""
    return _printed("event_fanout", "1", str(effort.sample_s))[:2]


def events_10(effort: Effort) -> list[float]:
    """The same to 10 subscribers."""
    return _printed("event_fanout", "10", str(effort.sample_s))[:2]


def events_100(effort: Effort) -> list[float]:
    """The same to 100, and milliseconds for which the emitter of a plain one is held up."""
    return _printed("event_fanout", "100", str(effort.sample_s))


def monitor_rest(effort: Effort) -> list[float]:
    """Milliseconds to the monitor's first picture; its CPU in percent of a core while nothing happens."""
    _command()
    return _printed("monitor_rest", str(effort.rest_s))


def monitor_load(effort: Effort) -> list[float]:
    """The monitor under load: CPU in percent of a core, key p95 in ms, lines/s, percent of them lost."""
    _command()
    return _printed("monitor_load", str(effort.rest_s))


def monitor_calls(effort: Effort) -> list[float]:
    """p99 of calls with a monitor attached as a multiple of without; the same of moments."""
    _command()
    return _printed("monitor_calls", str(max(1, min(5, int(effort.rest_s / 2 + 0.5)))))


def _command() -> Path:
    """Return the command. Raises Absent where it is not installed."""
    command = Path(sys.executable).parent / "plughost"
    if not command.is_file():
        raise Absent(f"there is no {command.name} beside this interpreter")
    return command


def _command_ms(*arguments: str) -> float:
    command = _command()
    taken: list[float] = []
    for _ in range(3):
        began = time.perf_counter()
        _run([str(command), *arguments])
        taken.append(time.perf_counter() - began)
    return statistics.median(taken) * 1e3


def _printed(program: str, *arguments: str) -> list[float]:
    return _figures(_run([sys.executable, "-m", f"benchmarks.programs.{program}", *arguments]))


def _run(command: list[str]) -> str:
    """Run a program to its end; return what it printed.

    Raises:
        RuntimeError: It failed, or took too long; nothing of it is left then.
    """
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            out, err = process.communicate(timeout=_PROGRAM_S)
        except BaseException as exc:
            end_tree(process.pid)
            if isinstance(exc, subprocess.TimeoutExpired):
                raise RuntimeError(f"{command[-2:]} took longer than {_PROGRAM_S:g} s") from None
            raise
    if process.returncode:
        raise RuntimeError(f"{command[-2:]} failed: {err.strip()[-300:]}")
    return out
