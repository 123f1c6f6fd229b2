"""The monitor in a real terminal: it starts, is seen, and quits."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pyte

TESTS = Path(__file__).parents[1]

PROGRAM = """
import sys
sys.path.insert(0, sys.argv[1])
import anyio
from host.tui.run import run_monitor
from tui.driven import full_host
facade = full_host()
anyio.run(lambda: run_monitor(facade.connect, clock=facade.clock))
"""


def test_it_is_seen_in_a_terminal_and_quits_in_order():
    ours, theirs = pty.openpty()
    environment = os.environ | {"TERM": "xterm-256color", "COLUMNS": "100", "LINES": "30"}
    child = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(TESTS)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    )
    os.close(theirs)
    screen = pyte.Screen(100, 30)
    stream = pyte.ByteStream(screen)
    try:
        _read_until(ours, stream, lambda: any("github" in line for line in screen.display))
        os.write(ours, b"q")
        _read_until(ours, stream, lambda: child.poll() is not None)
        assert child.wait(10) == 0
    finally:
        child.kill()
        child.wait()
        os.close(ours)


def _read_until(descriptor: int, stream: pyte.ByteStream, holds: Callable[[], bool]) -> None:
    """Feed what comes to the terminal until something holds, 30 seconds at most."""
    end_s = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end_s, "it was never seen"
        if select.select([descriptor], [], [], 0.5)[0]:
            try:
                stream.feed(os.read(descriptor, 65_536))
            except OSError:
                # The other end is closed: the program is over.
                return
