"""`plughost dev --debug`, with a debugger that speaks DAP as editors do."""

import json
import socket
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from plugin_sdk.runtime.debugging import wait_for_debugger
from plugin_sdk.runtime.entry import EntryFault
from tests.cli.conftest import PLUGHOST, Running, Shell

pytestmark = pytest.mark.timeout(90)

CODE = """
from plugin_sdk import Plugin, method

class Looked(Plugin):
    @method
    async def greet(self, name: str) -> str:
        text = f"Hello, {name}"
        return text
"""
LINE = 7
"""Of `text = `."""


class Debugger:
    """One, attached to a plugin."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._file = self._socket.makefile("rb")
        self._seq = 0
        self._events: list[dict[str, Any]] = []
        self._responses: dict[int, dict[str, Any]] = {}

    def ask(self, command: str, **arguments: Any) -> int:
        self._seq += 1
        message = {"seq": self._seq, "type": "request", "command": command, "arguments": arguments}
        body = json.dumps(message).encode()
        self._socket.sendall(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        return self._seq

    def answer(self, seq: int) -> dict[str, Any]:
        while seq not in self._responses:
            self._read()
        found = self._responses.pop(seq)
        assert found["success"], found
        return found.get("body", {})

    def event(self, name: str) -> dict[str, Any]:
        while True:
            for one in self._events:
                if one["event"] == name:
                    self._events.remove(one)
                    return one.get("body", {})
            self._read()

    def attach(self, folder: str, *lines: int) -> None:
        """Shake hands, with breakpoints in main.py."""
        self.answer(self.ask("initialize", adapterID="test", clientID="test", pathFormat="path"))
        attached = self.ask("attach", justMyCode=False)
        self.event("initialized")
        breakpoints = [{"line": line} for line in lines]
        self.answer(self.ask("setBreakpoints", source={"path": f"{folder}/main.py"}, breakpoints=breakpoints))
        self.answer(self.ask("configurationDone"))
        self.answer(attached)

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _read(self) -> None:
        size = 0
        while (line := self._file.readline()) != b"\r\n":
            assert line, "the debugger's connection is closed"
            if line.startswith(b"Content-Length:"):
                size = int(line.split(b":")[1])
        message = json.loads(self._file.read(size))
        if message["type"] == "response":
            self._responses[message["request_seq"]] = message
        elif message["type"] == "event":
            self._events.append(message)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextmanager
def debugged(shell: Shell, port: int) -> Generator[tuple[Running, str]]:
    folder = shell.plugin("looked", CODE)
    with shell.start("dev", str(folder), "--debug", str(port), "--data", "data") as running:
        running.until("waiting for a debugger at 127.0.0.1")
        yield running, str(folder)


def test_a_plugin_waits_until_a_debugger_is_attached_and_its_breakpoints_stop_it(shell: Shell):
    port = free_port()
    with debugged(shell, port) as (running, folder):
        debugger = Debugger(port)
        debugger.attach(folder, LINE)
        running.until("running: looked")
        words = ["call", "--data", "data", "--timeout", "0.5", "looked", "greet", '{"name": "Ada"}']
        call = subprocess.Popen(
            [PLUGHOST, *words],
            cwd=shell.folder,
            env=shell.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        stopped = debugger.event("stopped")
        assert stopped["reason"] == "breakpoint"
        # Longer than the call's own deadline, and the plugin answers nothing meanwhile.
        for _ in range(4):
            [row] = json.loads(shell.run("ps", "--data", "data", "--json").out)
            assert (row["state"], row["in_flight"]) == ("active", 1)
        frames = debugger.answer(debugger.ask("stackTrace", threadId=stopped["threadId"]))["stackFrames"]
        assert frames[0]["line"] == LINE
        debugger.answer(debugger.ask("continue", threadId=stopped["threadId"]))
        out, err = call.communicate(timeout=30)
        assert (call.returncode, out) == (0, "Hello, Ada\n"), err
        debugger.close()


def test_an_edit_ends_the_old_process_and_the_new_one_waits_again(shell: Shell):
    port = free_port()
    with debugged(shell, port) as (running, folder):
        first = Debugger(port)
        first.attach(folder)
        running.until("running: looked")
        Path(folder, "main.py").write_text(CODE.replace("Hello", "Hi"))
        running.until("waiting for a debugger at 127.0.0.1")
        first.close()
        second = Debugger(port)
        second.attach(folder)
        running.until("reloaded: looked")
        done = shell.run("call", "--data", "data", "looked", "greet", '{"name": "Ada"}')
        assert done.out == "Hi, Ada\n", done.err
        second.close()


def test_a_port_that_is_taken_is_told(shell: Shell):
    folder = shell.plugin("looked", CODE)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with shell.start("dev", str(folder), "--debug", port) as running:
            running.until("the debugger can't listen at 127.0.0.1")


def test_a_plugin_of_another_language_is_refused(shell: Shell):
    folder = shell.folder / "other"
    folder.mkdir()
    (folder / "plugin.toml").write_text('id = "other"\nversion = "1.0.0"\ncommand = ["cat"]\n')
    refused = shell.run("dev", folder, "--debug")
    assert refused.code == 2
    assert "--debug is for plugins in Python; other is none" in refused.err


def test_without_debugpy_the_plugin_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "debugpy", None)
    with pytest.raises(EntryFault, match="debugpy is not installed: pip install"):
        wait_for_debugger("127.0.0.1:1", "")
