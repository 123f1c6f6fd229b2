"""The program of a plugin's process, as real processes over real pipes."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

HELLO = Path(__file__).parents[2] / "examples" / "plugins" / "hello"
PATIENCE_S = 30
PROGRAM = ["-m", "plugin_sdk.runtime.run"]

INITIALIZE: dict[str, Any] = {
    "protocol_versions": [1],
    "host": {"name": "plughost", "version": "1"},
    "plugin_id": "sample",
    "plugin_version": "1",
    "session": "s1",
}

NOISY = """
    import ctypes, os, subprocess, sys
    from plugin_sdk import Plugin, method

    class Noisy(Plugin):
        @method
        async def make_noise(self) -> str:
            print("from python")
            libc = ctypes.CDLL(None)
            libc.puts(b"from c")
            libc.fflush(None)
            os.write(1, b"from the descriptor\\n")
            subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)
            return repr(sys.stdin.read())
"""


class Running:
    """A plugin's process, seen from its host."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self._last_id = 0

    def call(self, method: str, params: Any = None) -> dict[str, Any]:
        """Call, and return the answer; notifications before it are passed over."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self._last_id += 1
        request: dict[str, Any] = {"jsonrpc": "2.0", "id": self._last_id, "method": method}
        request["params"] = params or {}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        while True:
            answer = json.loads(self.process.stdout.readline())
            if "id" in answer:
                assert answer["id"] == self._last_id
                return answer

    def start(self) -> None:
        assert "result" in self.call("plugin.initialize", INITIALIZE)
        assert "result" in self.call("plugin.load", {"config": {}, "grants": []})

    def leave(self) -> tuple[int, bytes, bytes]:
        """Close its stdin; return exit code, the rest of stdout, and stderr."""
        out, err = self.process.communicate(timeout=PATIENCE_S)
        return self.process.returncode, out, err


@pytest.fixture
def running() -> Iterator[Any]:
    started: list[Running] = []

    def start(*arguments: str) -> Running:
        started.append(Running(*arguments))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.communicate()


def test_a_plugin_answers_and_leaves_when_its_stdin_ends(running: Any) -> None:
    hello = running(*PROGRAM, str(HELLO), "main:Hello")
    hello.start()
    assert hello.call("greet", {"name": "you"})["result"] == "Hello, you"
    assert hello.leave() == (0, b"", b"")


def test_a_plugin_leaves_although_a_handler_thread_is_blocked(running: Any, tmp_path: Path) -> None:
    text = """
        import threading
        from plugin_sdk import Plugin, method

        class Blocked(Plugin):
            entered = False

            @method
            def block(self) -> None:
                self.entered = True
                threading.Event().wait()

            @method(inline=True)
            def look(self) -> bool:
                return self.entered
    """
    (tmp_path / "main.py").write_text(textwrap.dedent(text))
    blocked = running(*PROGRAM, str(tmp_path), "main.py")
    blocked.start()
    request = {"jsonrpc": "2.0", "id": 99, "method": "block"}
    blocked.process.stdin.write(json.dumps(request).encode() + b"\n")
    while not blocked.call("look")["result"]:
        pass
    assert blocked.leave()[0] == 0


def test_whatever_is_printed_goes_to_stderr_and_never_on_the_wire(running: Any, tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text(textwrap.dedent(NOISY))
    noisy = running(*PROGRAM, str(tmp_path), "main:Noisy")
    noisy.start()
    assert noisy.call("make_noise")["result"] == "''"
    code, out, err = noisy.leave()
    assert (code, out) == (0, b"")
    assert {"from python", "from c", "from the descriptor", "from a child"} <= set(err.decode().splitlines())


def test_a_plugin_that_can_not_be_imported_says_so_and_stays_for_its_host(
    running: Any, tmp_path: Path
) -> None:
    (tmp_path / "main.py").write_text("import not_installed_anywhere\n")
    broken = running(*PROGRAM, str(tmp_path), "main.py")
    error = broken.call("plugin.initialize", INITIALIZE)["error"]
    assert "not_installed_anywhere" in error["message"]
    assert f"{tmp_path / 'main.py'}, line 1" in error["message"]
    assert broken.leave()[0] == 0


def test_the_announced_signal_writes_the_stacks_to_stderr(running: Any) -> None:
    hello = running(*PROGRAM, str(HELLO), "main:Hello")
    result = hello.call("plugin.initialize", INITIALIZE)["result"]
    assert result["capabilities"]["stack_dump_signal"] == "SIGUSR2"
    hello.process.send_signal(signal.SIGUSR2)
    assert "result" in hello.call("plugin.ping")
    code, _, err = hello.leave()
    assert code == 0
    assert b"most recent call first" in err


def test_a_class_can_be_run_by_its_own_file(running: Any, tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text((HELLO / "main.py").read_text() + '\n\nif __name__ == "__main__":\n    Hello.run()\n')
    own = running(str(file))
    own.start()
    assert own.call("greet", {"name": "you"})["result"] == "Hello, you"
    assert own.leave() == (0, b"", b"")


@pytest.mark.parametrize("arguments", [[], [str(HELLO)]])
def test_too_few_arguments_are_explained(arguments: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-I", "-m", "plugin_sdk.runtime.run", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert run.returncode == 2
    assert "usage: python -m plugin_sdk.runtime.run FOLDER ENTRY..." in run.stderr
    assert run.stdout == ""


def test_started_at_a_terminal_it_explains_itself() -> None:
    control, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-I", "-m", "plugin_sdk.runtime.run", str(HELLO), "main:Hello"],
        stdin=terminal,
        stdout=terminal,
        stderr=subprocess.PIPE,
    )
    os.close(terminal)
    _, err = process.communicate(timeout=PATIENCE_S)
    os.close(control)
    assert process.returncode == 2
    text = err.decode()
    assert "This is a Plughost plugin" in text
    assert '\'{"parameter": "value"}\'' in text
    assert f"Folder: {HELLO}" in text


def test_a_class_started_at_a_terminal_names_itself(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text("from plugin_sdk import Plugin\n\nclass Mine(Plugin):\n    pass\n\nMine.run()\n")
    control, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-I", str(file)], stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    os.close(terminal)
    out, err = process.communicate(timeout=PATIENCE_S)
    os.close(control)
    assert (process.returncode, out) == (2, b"")
    assert b"Class: __main__.Mine" in err


MIDDLE = """
import os, subprocess, sys
plugin = subprocess.Popen(
    [sys.executable, "-I", "-m", "plugin_sdk.runtime.run", *sys.argv[1:]],
    stdin=int(os.environ["WIRE_IN"]), stdout=int(os.environ["WIRE_OUT"]),
    pass_fds=[int(os.environ["ALIVE"])],
    env=os.environ | {"PLUGHOST_WATCH_PARENT": str(os.getpid())},
)
sys.stdin.read()
os._exit(0)
"""


@pytest.mark.parametrize("method", ["ping", "block"])
def test_a_plugin_that_watches_its_parent_ends_with_it_even_if_its_loop_is_blocked(
    method: str, tmp_path: Path
) -> None:
    text = """
        import time
        from plugin_sdk import Plugin, method

        class Blocks(Plugin):
            @method
            async def ping(self) -> None:
                pass

            @method
            async def block(self) -> None:
                time.sleep(3600)
    """
    (tmp_path / "main.py").write_text(textwrap.dedent(text))
    (plugin_in, to_plugin), (from_plugin, plugin_out), (alive, held) = os.pipe(), os.pipe(), os.pipe()
    parent = subprocess.Popen(
        [sys.executable, "-I", "-c", MIDDLE, str(tmp_path), "main.py"],
        stdin=subprocess.PIPE,
        pass_fds=[plugin_in, plugin_out, held],
        env=os.environ | {"WIRE_IN": str(plugin_in), "WIRE_OUT": str(plugin_out), "ALIVE": str(held)},
    )
    for fd in (plugin_in, plugin_out, held):
        os.close(fd)
    with os.fdopen(to_plugin, "wb") as write, os.fdopen(from_plugin, "rb") as read:
        requests: list[dict[str, Any]] = [
            {"id": 1, "method": "plugin.initialize", "params": INITIALIZE},
            {"id": 2, "method": "plugin.load", "params": {"config": {}, "grants": []}},
            {"id": 3, "method": method, "params": {}},
        ]
        for request in requests:
            write.write(json.dumps({"jsonrpc": "2.0"} | request).encode() + b"\n")
            write.flush()
            if request["id"] < 3 or method == "ping":
                assert "result" in json.loads(read.readline())
        # Its wire stays open: only the parent's end tells it to leave.
        parent.communicate(timeout=PATIENCE_S)
        # The kernel closes this descriptor when the plugin, its last holder, is gone.
        assert select.select([alive], [], [], PATIENCE_S)[0]
        assert os.read(alive, 1) == b""
    os.close(alive)
