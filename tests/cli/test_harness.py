"""`plughost test-harness`: what stands behind `--plughost=process`, spoken to by hand."""

import json
import subprocess
from typing import Any

import psutil

from tests.cli.conftest import EXAMPLES, PLUGHOST, Shell, gone

END_S = 30.0


class Harness:
    """The command, line by line."""

    def __init__(self, shell: Shell) -> None:
        self.process = subprocess.Popen(
            [PLUGHOST, "test-harness"],
            cwd=shell.folder,
            env=shell.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.number = 0

    def __enter__(self) -> "Harness":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        with self.process:  # waits for its end, and closes its pipes
            pass

    def ask(self, method: str, /, **params: Any) -> dict[str, Any]:
        """Ask, and return the whole answer; notifications before it are passed over."""
        self.number += 1
        line = {"jsonrpc": "2.0", "id": self.number, "method": method, "params": params}
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(line) + "\n")
        self.process.stdin.flush()
        for text in self.process.stdout:
            answer = json.loads(text)
            if answer.get("id") == self.number:
                return answer
        raise AssertionError("the harness ended")


def test_when_the_test_is_gone_so_are_the_host_and_the_plugin(shell: Shell):
    with Harness(shell) as harness:
        pid = harness.ask("harness.start", folder=str(EXAMPLES / "hello"))["result"]["pid"]
        assert psutil.pid_exists(pid)
        assert harness.process.stdin is not None
        harness.process.stdin.close()
        assert harness.process.wait(END_S) == 0
        assert gone(pid)


def test_it_answers_what_it_is_asked_too_early_or_wrongly(shell: Shell):
    with Harness(shell) as harness:
        early = harness.ask("harness.call", method="greet")
        assert "harness.start comes first" in early["error"]["data"]["remedy"]
        assert "folder" in harness.ask("harness.start")["error"]["message"]
        harness.ask("harness.start", folder=str(EXAMPLES / "hello"))
        assert "once" in harness.ask("harness.start", folder=str(EXAMPLES / "hello"))["error"]["message"]


def test_a_plugin_that_can_not_be_read_is_told_to_the_test(shell: Shell):
    folder = shell.plugin("broken", "")
    (folder / "plugin.toml").write_text("id = 'Broken'\n")
    with Harness(shell) as harness:
        told = harness.ask("harness.start", folder=str(folder))["error"]
        assert "plugin.toml" in told["message"]


def test_what_the_host_prints_does_not_reach_the_wire(shell: Shell):
    folder = shell.plugin(
        "loud",
        "from plugin_sdk import Plugin, method\n\n\nclass Loud(Plugin):\n"
        "    @method\n    async def speak(self) -> str:\n        print('hello?')\n        return 'spoken'\n",
    )
    with Harness(shell) as harness:
        harness.ask("harness.start", folder=str(folder))
        assert harness.ask("harness.call", method="speak")["result"] == "spoken"
        missing = harness.ask("harness.nothing")["error"]
        assert missing["code"] == -32601
