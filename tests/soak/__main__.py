"""The command: `python -m tests.soak [--minutes M]`. Exits with 1 and says what grew, if anything did.

A host with twenty plugins under mixed load; one after the other they die, are killed, restarted, or leave a
child behind. At quiet moments, with all plugins up and nobody calling, what the host holds is counted.
"""

import argparse
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

import anyio

from host import CallError, PluginHost, StateError
from host.operations.feed import KEPT_LINES
from tests.soak.holdings import Holdings, faults, take
from tests.soak.load import Load

PLUGINS = 20
CALLERS = 24
DEATH_EVERY_S = 1.0
BACK_WITHIN_S = 60.0


def main(arguments: list[str]) -> int:
    """Soak; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--polling", action="store_true", help="with a host that polls")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        names = _write_plugins(Path(folder))
        soak = _Soak(Path(folder), names, options.minutes * 60.0, options.seed, options.polling)
        anyio.run(soak.run)
    found = faults(soak.samples)
    print(json.dumps(soak.report() | {"faults": found}, indent=1))
    return 1 if found else 0


def _write_plugins(folder: Path) -> list[str]:
    names = [f"worker-{n:02}" for n in range(PLUGINS)]
    for name in names:
        place = folder / name
        place.mkdir()
        shutil.copy(Path(__file__).with_name("worker.py"), place / "main.py")
        head = f'id = "{name}"\nversion = "1.0.0"\nentry_point = "main.py"\n'
        (place / "plugin.toml").write_text(head + 'permissions = ["plugins:call"]\n')
    return names


class _Soak:
    def __init__(self, folder: Path, names: list[str], seconds: float, seed: int, polling: bool) -> None:
        self._names = names
        self._seconds = seconds
        self._random = random.Random(seed)
        # With a data folder, as hosts have that run for long: what is recorded goes there and not to memory.
        data = folder / ".data"
        self._host = PluginHost(plugins=[folder], data=data, autoload=True, polling=polling)
        self._load = Load(self._host, names, CALLERS, seed + 1)
        self._deaths = 0
        self.samples: list[Holdings] = []
        self._host.api("soak.one")(self._one)

    async def run(self) -> None:
        """Soak for the time given, with some forty quiet moments."""
        began_s = time.monotonic()
        async with self._host, anyio.create_task_group() as tasks:
            # What the host keeps of the last events is full before anything is counted.
            for _ in range(KEPT_LINES):
                await self._host.emit("soak.filled", {"text": "x" * 40})
            tasks.start_soon(self._load.run)
            while time.monotonic() - began_s < self._seconds:
                self._load.go_on()
                until_s = time.monotonic() + self._seconds / 40
                while time.monotonic() < until_s:
                    await self._end_one(self._random.choice(self._names))
                    await anyio.sleep(DEATH_EVERY_S)
                await self._load.pause()
                await self._all_up()
                self.samples.append(take(self._host, time.monotonic() - began_s))
            tasks.cancel_scope.cancel()

    def report(self) -> dict[str, object]:
        """Return what was done and what was counted."""
        return {
            "deaths": self._deaths,
            "done": dict(self._load.done),
            "failed": dict(self._load.failed),
            "samples": [asdict(sample) for sample in self.samples],
        }

    async def _one(self) -> int:
        return 1

    async def _end_one(self, name: str) -> None:
        self._deaths += 1
        try:
            match self._random.randrange(4):
                case 0:
                    pid = self._host.plugin(name).pid
                    if pid is not None:
                        os.kill(pid, signal.SIGKILL)
                case 1:
                    await self._host.call(name, "leave")
                case 2:
                    await self._host.call(name, "leave_a_child")
                    await self._host.kill(name)
                case _:
                    await self._host.restart(name)
        except (CallError, StateError, ProcessLookupError):
            pass  # it is dead or on its way already
        # What an operator does: the failures are known, so they count no more.
        await self._host.reset(name)

    async def _all_up(self) -> None:
        with anyio.fail_after(BACK_WITHIN_S):
            for name in self._names:
                await self._up(name)
            # The leavings of the last that ended may still be hunted, and nobody tells of their end.
            while take(self._host, 0.0).processes > PLUGINS + 1:  # noqa: ASYNC110
                await anyio.sleep(0.05)

    async def _up(self, name: str) -> None:
        with self._host.changes() as changes:
            while self._host.plugin(name).state != "active":
                await self._host.reset(name)
                try:
                    await self._host.load(name)
                except StateError:
                    await anext(changes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
