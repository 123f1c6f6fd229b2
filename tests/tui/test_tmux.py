"""The monitor as operators have it: in tmux, attached over the control socket to a host elsewhere."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PLUGINS = Path(__file__).parents[2] / "examples" / "plugins"
WAIT_S = 40.0

HOST = """
import sys
from pathlib import Path
import anyio
from host import PluginHost
plugins = [Path(sys.argv[2]) / name for name in ("hello", "counter")]
async def main():
    async with PluginHost(plugins, data=sys.argv[1], autoload=True, control=True):
        print("ready", flush=True)
        await anyio.sleep_forever()
anyio.run(main)
"""

MONITOR = """
import sys
from pathlib import Path
import anyio
from host.control.client import connect
from host.tui.run import run_monitor
anyio.run(lambda: run_monitor(lambda: connect(Path(sys.argv[1]))))
"""


class Tmux:
    """One server of tmux of its own, with the monitor in its only pane, and the host beside it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.hosts: list[subprocess.Popen[bytes]] = []
        self._socket = folder / "tmux"

    def host(self) -> "subprocess.Popen[bytes]":
        """Start a host, and return it when its plugins are loaded."""
        started = subprocess.Popen(
            [sys.executable, "-c", HOST, str(self.folder / "data"), str(PLUGINS)],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self.hosts.append(started)
        assert started.stdout is not None
        assert started.stdout.readline() == b"ready\n"
        return started

    def monitor(self) -> None:
        """Start the monitor."""
        self.run("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36",
                 sys.executable, "-c", MONITOR, str(self.folder / "data"))  # fmt: skip

    def run(self, *words: str) -> str:
        """Have tmux do something, and return what it says."""
        environment = os.environ | {"TERM": "xterm-256color"}
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
        )
        return done.stdout

    def press(self, *keys: str) -> None:
        """Press keys."""
        self.run("send-keys", *keys)

    @property
    def text(self) -> str:
        """What is in the pane."""
        return self.run("capture-pane", "-p")

    def until(self, holds: Callable[[str], object]) -> str:
        """Wait until something holds of what is in the pane, 40 seconds at most, and return that."""
        end_s = time.monotonic() + WAIT_S
        while not holds(text := self.text):
            assert time.monotonic() < end_s, f"it was never seen:\n{text}"
        return text

    def close(self) -> None:
        """End all of it."""
        self.run("kill-server")
        for host in self.hosts:
            host.send_signal(signal.SIGINT)
            try:
                host.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                host.kill()
                host.wait()
            if host.stdout is not None:
                host.stdout.close()


@pytest.fixture
def tmux(tmp_path: Path) -> Iterator[Tmux]:
    made = Tmux(tmp_path)
    try:
        yield made
    finally:
        made.close()


def attached(tmux: Tmux) -> "subprocess.Popen[bytes]":
    host = tmux.host()
    tmux.monitor()
    tmux.until(lambda text: "● live" in text and "hello" in text and "counter" in text)
    return host


def pid_of(text: str) -> str | None:
    found = re.search(r"pid (\d+)", text)
    return found[1] if found else None


def test_it_starts_and_shows_the_plugins_of_the_host(tmux: Tmux):
    attached(tmux)
    assert "[1 Overview]" in tmux.text
    tmux.press("q")
    tmux.until(lambda text: not text.strip())


def test_a_filter_leaves_what_it_asks_for(tmux: Tmux):
    attached(tmux)
    tmux.press("/")
    tmux.press("-l", "counter")
    tmux.press("Enter")
    tmux.until(lambda text: "counter" in text and not re.search(r"^ *hello ", text, re.MULTILINE))


def test_a_restarted_plugin_has_another_process(tmux: Tmux):
    attached(tmux)
    tmux.press("/")
    tmux.press("-l", "counter")
    tmux.press("Enter")
    tmux.until(lambda text: not re.search(r"^ *hello ", text, re.MULTILINE))
    tmux.press("Enter")
    before = pid_of(tmux.until(lambda text: pid_of(text) is not None))
    tmux.press("r")
    tmux.until(lambda text: pid_of(text) not in (None, before))


def test_a_host_that_was_killed_is_told_and_its_successor_attached_to(tmux: Tmux):
    host = attached(tmux)
    host.kill()
    host.wait()
    tmux.until(lambda text: "The host is gone" in text and "counter" in text)
    tmux.host()
    tmux.until(lambda text: "● live" in text and "counter" in text)


def test_it_fits_itself_to_another_size(tmux: Tmux):
    attached(tmux)
    tmux.run("resize-window", "-x", "80", "-y", "24")
    tmux.until(lambda text: "● live" in text and max(map(len, text.split("\n"))) <= 80)
    tmux.run("resize-window", "-x", "50", "-y", "10")
    tmux.until(lambda text: "[1 Overview]" not in text)
    tmux.run("resize-window", "-x", "120", "-y", "36")
    tmux.until(lambda text: "[1 Overview]" in text and "counter" in text)
