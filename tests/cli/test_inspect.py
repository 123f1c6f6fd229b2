import signal
import subprocess

import pytest

from tests.cli.conftest import PLUGHOST, Shell

pytestmark = pytest.mark.timeout(60)

ASKED = """
from plugin_sdk import Plugin, deny, hook, method


class Asked(Plugin):
    @method
    async def add(self, a: int, b: int) -> int:
        return a + b

    @method
    async def count(self, to: int):
        for number in range(to):
            yield number

    @hook("door.before_open")
    async def door(self, who: dict) -> object:
        return deny("closed")
"""


def test_lines_of_exec_are_done_in_order(shell: Shell):
    folder = shell.plugin("asked", ASKED)
    lines = ("methods", 'call add {"a": 1, "b": 2}', 'stream count {"to": 2}', "hook door.before_open {}")
    done = shell.run("inspect", folder, *(word for line in lines for word in ("--exec", line)))
    assert done.code == 0, done.err
    said = done.out.splitlines()
    assert said[:2] == ['"add"', '"count"']
    assert said[2:5] == ["3", "0", "1"]
    assert '"reason":"closed"' in said[5]


def test_lines_of_stdin_are_done_and_one_that_fails_ends_nothing(shell: Shell):
    folder = shell.plugin("asked", ASKED)
    script = 'call add {"a": "x", "b": 2}\n\nnonsense\ncall add {"a": 2, "b": 2}\n'
    done = shell.run("inspect", folder, stdin=script)
    assert done.code == 1
    assert done.out == "4\n"
    assert "not understood" in done.err


def test_ctrl_c_ends_it_while_it_waits_for_a_line(shell: Shell):
    folder = shell.plugin("asked", ASKED)
    with subprocess.Popen(
        [PLUGHOST, "inspect", folder],
        cwd=shell.folder,
        env=shell.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            assert running.stdin is not None
            assert running.stdout is not None
            running.stdin.write("methods\n")
            running.stdin.flush()
            assert running.stdout.readline() == '"add"\n'
            running.send_signal(signal.SIGINT)
            assert running.wait(30) == 130
        finally:
            running.kill()


def test_a_line_can_be_given_as_arguments_and_a_failure_is_told_as_json(shell: Shell):
    folder = shell.plugin("asked", ASKED)
    done = shell.run("inspect", folder, "call", "add", '{"a": 1, "b": 2}')
    assert (done.code, done.out) == (0, "3\n")
    failed = shell.run("inspect", folder, "--json", "call", "add", '{"a": "x", "b": 2}')
    assert failed.code == 1
    assert '"code":"invalid_params"' in failed.err


def test_commands_requests_health_and_status_are_lines_too(shell: Shell):
    code = "from plugin_sdk import Plugin, command, endpoint\n\nclass P(Plugin):\n"
    code += "    @command('sum', description='Add')\n"
    code += "    async def total(self, a: int) -> int:\n        return a + 1\n"
    code += "    @endpoint('GET', '/users/{name}')\n"
    code += "    async def user(self, name: str) -> str:\n        return name\n"
    folder = shell.plugin("asked", code)
    lines = ('command sum {"a": 41}', "request GET /users/ada", "health", "status")
    done = shell.run("inspect", folder, *(word for line in lines for word in ("--exec", line)))
    assert done.code == 0, done.err
    said = done.out.splitlines()
    assert said[0] == "42"
    assert '"status":200' in said[1]
    assert '"ada"' in said[1]
    assert '"status":"healthy"' in said[2]
    assert '"plugin_id":"asked"' in said[3]
