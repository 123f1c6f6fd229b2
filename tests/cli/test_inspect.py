import json
import signal
import subprocess
from pathlib import Path

import pytest

from host.cli.inspect_screen import dismissing
from host.plugin_host import PluginHost
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


OFFERS = """
import asyncio

from plugin_sdk import Plugin, command, endpoint, every, hook, method, on


class Offers(Plugin):
    seen = 0

    @method
    async def handled(self) -> int:
        return self.seen

    @on("order.paid")
    async def paid(self, order: dict) -> None:
        await asyncio.sleep(0.3)
        self.seen += 1

    @command("wipe", description="Wipe all")
    async def wipe(self) -> str:
        return "wiped" if await self.ui.confirm("Wipe all?", text="It can't be undone.") else "kept"

    @command("who", description="Ask for a name")
    async def who(self) -> object:
        schema = {"type": "object", "properties": {"name": {"type": "string", "minLength": 2}}}
        return await self.ui.prompt("Who?", schema=schema | {"required": ["name"]})

    @endpoint("GET", "/orders/{number}")
    async def order(self, number: int) -> int:
        return number

    @hook("door.before_open")
    async def door(self, who: dict) -> object:
        return who

    @every(hours=1)
    async def tidy(self) -> None: ...
"""


@pytest.fixture
def offers(shell: Shell) -> Path:
    return shell.plugin("offers", OFFERS, 'permissions = ["prompts:send"]\n')


def test_a_path_from_stdin_is_taken_without_the_end_of_its_line(shell: Shell, offers: Path):
    done = shell.run("inspect", offers, stdin="request GET /orders/3\n")
    assert '"status":200' in done.out, done.err
    assert '"data":3' in done.out


def test_an_event_is_handled_before_the_next_line(shell: Shell, offers: Path):
    done = shell.run("inspect", offers, "--exec", "emit order.paid {}", "--exec", "call handled")
    assert done.out.splitlines()[1:] == ["1"], done.err


def test_all_that_it_offers_is_listed_with_the_line_that_asks_it(shell: Shell, offers: Path):
    done = shell.run("inspect", offers, "offers")
    assert done.code == 0, done.err
    found = [json.loads(line) for line in done.out.splitlines()]
    assert {(one["kind"], one.get("line")) for one in found} >= {
        ("method", "call handled"),
        ("command", "command wipe"),
        ("endpoint", "request GET /api/plugins/offers/orders/{number}"),
        ("hook", "hook door.before_open"),
        ("event", "emit order.paid"),
    }
    assert [one["name"] for one in found if one["kind"] == "schedule"] == ["tidy"]


def test_help_names_the_words(shell: Shell, offers: Path):
    said = shell.run("inspect", offers, "help").out
    assert all(word in said for word in ("offers", "methods", "call METHOD", "emit TOPIC", "help", "quit"))


def test_what_it_asks_is_dismissed_and_told_where_nobody_can_answer(shell: Shell, offers: Path):
    done = shell.run("inspect", offers, stdin="command wipe\n")
    assert done.out == '"kept"\n'
    assert "offers asks: Wipe all?\n  It can't be undone.\n  dismissed: there is no terminal" in done.err
    assert "plughost prompts" in done.err


def test_what_it_asks_is_asked_at_the_terminal_until_the_answer_fits(shell: Shell, offers: Path):
    done = shell.at_terminal(
        *("inspect", offers, "--exec", "command wipe", "--exec", "command who", "--exec", "command wipe"),
        answers=[("Yes? [y/N] ", "y"), ("name: ", "A"), ("name: ", "Ada"), ("Yes? [y/N] ", "")],
    )
    assert done.code == 0, done.out
    assert '"wiped"' in done.out
    assert '"name":"Ada"' in done.out
    assert '"kept"' in done.out


def test_ctrl_c_ends_it_while_it_waits_for_an_answer(shell: Shell, offers: Path):
    done = shell.at_terminal("inspect", offers, "command", "wipe", answers=[("Yes? [y/N] ", "\x03")])
    assert done.code == 130, done.out


async def test_what_it_asks_under_the_screen_is_dismissed_and_stands_in_its_log(offers: Path):
    async with PluginHost([offers]) as host:
        dismissing(host, "offers")
        await host.load("offers")
        assert await host.command("wipe", {}, plugin="offers") == "kept"
        said = [line.text for line in await host.logs("offers", level="warning")]
    assert any("Wipe all?; dismissed" in line for line in said)
