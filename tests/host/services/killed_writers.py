"""Forks writers, kills each in the middle of its work, and looks for what it was told to be on the disk.

Run as a program: `python killed_writers.py FOLDER ROUNDS`. Prints how many writes were acknowledged, and how
many of those are there.
"""

import asyncio
import os
import random
import signal
import sqlite3
import sys
from pathlib import Path

import anyio
from msgspec import Raw

from host.clock import SystemClock
from host.services.storage import Storage
from protocol.messages.storage import StorageOperation

WRITERS = 8


async def write(folder: Path, round_: int, pipe: int) -> None:
    storage = Storage(SystemClock())
    async with anyio.create_task_group() as tasks:
        await storage.open(folder, tasks)

        async def keep_on(writer: int) -> None:
            number = 0
            while True:
                key = f"{round_}:{writer}:{number}"
                await storage.change("one", StorageOperation("set", key, Raw(b"1")))
                os.write(pipe, f"{key}\n".encode())
                number += 1

        for writer in range(WRITERS):
            tasks.start_soon(keep_on, writer)


def main(folder: Path, rounds: int) -> None:
    chance = random.Random(7)
    acknowledged: set[str] = set()
    for round_ in range(rounds):
        read_fd, write_fd = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(read_fd)
            asyncio.run(write(folder, round_, write_fd))
            os._exit(1)
        os.close(write_fd)
        wanted = chance.randrange(1, 400)
        told = b""
        with os.fdopen(read_fd, "rb", buffering=0) as pipe:
            while told.count(b"\n") < wanted and (more := pipe.read(4096)):
                told += more
            os.kill(pid, signal.SIGKILL)
            while more := pipe.read(4096):
                told += more
        os.waitpid(pid, 0)
        acknowledged.update(told.decode().split())
    connection = sqlite3.connect(folder / "storage.db")
    there = {row[0] for row in connection.execute("SELECT key FROM entries")}
    print(len(acknowledged), len(acknowledged & there))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
