import os
import pty
import re
import signal
import socket
import subprocess
import time

import anyio
import pytest

from host.control.client import connect
from tests.cli.conftest import EXAMPLES, PLUGHOST, Shell


def _listener(address: str) -> socket.socket:
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(address)
    listener.settimeout(20)
    return listener


def _until(listener: socket.socket, pattern: str) -> str:
    while re.search(pattern, text := listener.recv(4096).decode()) is None:
        pass
    return text


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_the_service_manager_hears_of_ready_life_reload_and_stop(shell: Shell, abstract: bool):
    name = f"plughost-test-{os.getpid()}"
    address = "\0" + name if abstract else str(shell.folder / "notify")
    variables = {"NOTIFY_SOCKET": "@" + name if abstract else address, "WATCHDOG_USEC": "600000"}
    with (
        _listener(address) as listener,
        shell.start("run", EXAMPLES / "hello", "--data", "data", **variables) as running,
    ):
        assert listener.recv(4096) == b"READY=1\nSTATUS=1 plugin"
        _until(listener, "^WATCHDOG=1$")
        _until(listener, "^WATCHDOG=1$")
        asked = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
        running.signal(signal.SIGHUP)
        reloading = _until(listener, "^RELOADING=1\n")
        assert int(reloading.partition("MONOTONIC_USEC=")[2]) >= asked
        _until(listener, "^READY=1$")
        running.signal(signal.SIGTERM)
        _until(listener, "^STOPPING=1")
        assert running.end().code == 0


def test_a_host_that_is_watched_stops_when_it_is_asked_to_over_the_control_socket(shell: Shell):
    address = str(shell.folder / "notify")
    variables = {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "600000"}
    with (
        _listener(address) as listener,
        shell.start("run", EXAMPLES / "hello", "--data", "data", **variables) as running,
    ):
        _until(listener, "^WATCHDOG=1$")

        async def stop() -> None:
            async with connect(shell.folder / "data") as host:
                await host.host_stop()

        anyio.run(stop)
        _until(listener, "^STOPPING=1")
        assert running.end().code == 0


def test_a_host_that_is_stopped_while_it_loads_says_that_it_stops(shell: Shell):
    address = str(shell.folder / "notify")
    folder = shell.plugin(
        "slow",
        """
import asyncio

from plugin_sdk import Plugin


class Slow(Plugin):
    async def on_load(self) -> None:
        self.log.info("loading")
        await asyncio.sleep(600)
""",
    )
    with (
        _listener(address) as listener,
        shell.start("run", folder, "--data", "data", NOTIFY_SOCKET=address) as running,
    ):
        running.until("plugin.slow +loading$")
        running.signal(signal.SIGTERM)
        assert listener.recv(4096).startswith(b"STOPPING=1")
        assert running.end().code == 0


def test_a_service_manager_that_is_not_there_is_no_reason_to_end(shell: Shell):
    with shell.start(
        "run", EXAMPLES / "hello", "--data", "data", NOTIFY_SOCKET="/nowhere/x", WATCHDOG_USEC="soon"
    ) as running:
        running.until("^all loaded$")
        running.signal(signal.SIGTERM)
        assert running.end().code == 0


def test_a_terminal_that_is_closed_ends_the_host(shell: Shell):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        ["setsid", "-c", PLUGHOST, "run", EXAMPLES / "hello", "--data", "data"],
        cwd=shell.folder,
        env=shell.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    seen = b""
    while b"all loaded" not in seen:
        seen += os.read(ours, 4096)
    os.close(ours)
    assert process.wait(20) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root is warned")
def test_root_is_warned_once(shell: Shell):
    with shell.start("run", EXAMPLES / "hello", "--data", "data") as running:
        running.until("^all loaded$")
        running.signal(signal.SIGTERM)
        assert running.end().err.count("plugins run as root") == 1
