"""What the code uses, against what the manifest declares."""

import pytest

from tests.devtools.conftest import HEAD, Check


def body(*lines: str) -> str:
    return f"{HEAD}class Sample(Plugin):\n    async def work(self, other):\n" + "".join(
        f"        {line}\n" for line in lines
    )


@pytest.mark.parametrize(
    ("line", "permission"),
    [
        ("await self.notify.admins(title='a', message='b')", "notifications:send:admins"),
        ("await self.notify('ada', {})", "notifications:send:user"),
        ("await self.email.send(to='a', subject='b')", "email:send"),
        ("await self.plugins.call('calendar', 'due')", "plugins:call:calendar"),
        ("await self.commands.invoke('github', 'sync')", "commands:call:github"),
        ("await self.host.commands.invoke(plugin='github', command='sync')", "commands:call:github"),
        ("await self.host.call('notify.all', {})", "notifications:send:all"),
        ("await self.config.system('site')", "config:read"),
        ("await self.ui.confirm('sure?')", "prompts:send"),
        ("await self.ui.choose('which?', [])", "prompts:send"),
        ("await self.ui.prompt('who?')", "prompts:send"),
        ("await self.events.emit('order.paid', {})", "events:emit:order.paid"),
    ],
)
def test_what_the_host_would_deny_is_a_fault(line: str, permission: str, check: Check):
    [found] = check(body("pass", line))
    assert (found.level, found.rule, found.line) == ("fault", "permission-undeclared", 5)
    assert permission in found.what
    assert f'"{permission}"' in found.remedy
    assert check(body(line), f'permissions = ["{permission}"]\n') == []


@pytest.mark.parametrize(
    "line",
    [
        "await self.events.emit('ready')",
        "await self.events.emit('plugin.sample.ready')",
        "await self.storage.set('a', 1)",
        "await self.notify_somebody('ada')",
        "open('data/words.txt')",
    ],
)
def test_what_needs_no_permission_is_fine(line: str, check: Check):
    assert check(body(line)) == []


def test_a_wider_permission_is_enough_and_another_scope_is_not(check: Check):
    call = body("await self.plugins.call('calendar', 'due')")
    assert check(call, 'permissions = ["plugins:call"]\n') == []
    told = check(call, 'permissions = ["plugins:call:mail"]\n')
    assert [one.level for one in told if one.rule == "permission-undeclared"] == ["fault"]


def test_a_scope_that_is_only_known_at_run_time_needs_any(check: Check):
    call = body("await self.plugins.call(other, 'due')")
    assert [one.level for one in check(call)] == ["fault"]
    assert check(call, 'permissions = ["plugins:call:calendar"]\n') == []


def test_what_an_application_may_demand_is_a_warning(check: Check):
    [found] = check(body("await self.host.sessions.list(user='ada')"))
    assert found.level == "warning"
    assert "sessions:read" in found.what
    assert "if the application says so" in found.remedy
    assert check(body("await self.host.sessions.list()"), 'permissions = ["sessions:read"]\n') == []


def test_where_a_declared_permission_bears_the_name_of_the_method_no_other_is_proposed(check: Check):
    call = body("await self.host.platform.status(status='running')")
    assert check(call, 'permissions = ["status:send"]\n') == []
    assert [one.rule for one in check(call)] == ["permission-undeclared"]


@pytest.mark.parametrize(
    ("line", "permission"),
    [
        ("import socket", "network:connect"),
        ("import urllib.request", "network:connect"),
        ("from urllib import request", "network:connect"),
        ("import requests  # plughost: ok module-missing", "network:connect"),
        ("from http.client import HTTPSConnection", "network:connect"),
        ("import asyncio; await asyncio.open_connection('example.org', 443)", "network:connect"),
        ("from asyncio import start_server; await start_server(other, port=0)", "network:connect"),
        ("import asyncio; await asyncio.open_unix_connection('/run/other')", "network:connect"),
        ("open('/etc/passwd')", "files:read"),
        ("open('/tmp/out', 'w')", "files:write"),
    ],
)
def test_network_and_files_are_warnings(line: str, permission: str, check: Check):
    [found] = check(body(line))
    assert (found.level, found.rule) == ("warning", "permission-undeclared")
    assert permission in found.what
    assert check(body(line), f'permissions = ["{permission}"]\n') == []


@pytest.mark.parametrize("line", ["from urllib.parse import quote", "from http import HTTPStatus"])
def test_what_only_sounds_like_the_network_is_not(line: str, check: Check):
    assert check(body(line)) == []


def test_what_is_declared_and_never_used_is_a_warning_at_the_manifest(check: Check):
    [found] = check(body("pass"), 'permissions = ["email:send"]\n')
    assert (found.file, found.level, found.rule) == ("plugin.toml", "warning", "permission-unused")
    assert "email:send" in found.what


def test_what_may_be_used_through_an_event_is_not_called_unused(check: Check):
    source = f"{HEAD}class Sample(Plugin):\n    async def on_session_created(self, session): pass\n"
    assert check(source, 'permissions = ["sessions:read"]\n') == []


def test_where_methods_are_named_at_run_time_nothing_is_called_unused(check: Check):
    assert check(body("await self.host.call(other, {})"), 'permissions = ["email:send"]\n') == []


def test_each_permission_is_told_once_for_a_file(check: Check):
    line = "await self.email.send(to='a', subject='b')"
    assert len(check(body(line, line, line))) == 1
