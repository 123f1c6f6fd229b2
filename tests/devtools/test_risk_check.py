"""Risky patterns are told with their line, and what looks like one and is none is not."""

from pathlib import Path

import pytest

from tests.devtools.conftest import HEAD, Check

KEY = "sk-" + "a1B2" * 8


def body(*lines: str, function: str = "async def work(self, name)") -> str:
    return f"{HEAD}class Sample(Plugin):\n    {function}:\n" + "".join(f"        {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        (f"key = {KEY!r}", "secret"),
        ("password = 'hunter2hunter2'", "secret"),
        ("self.connect(api_key='0123456789abcdef')", "secret"),
        ("headers = {'access_token': '0123456789abcdef'}", "secret"),
        ("url = 'http://service.org/hook'", "plain-http"),
        ("return f'<p>{name}</p>'", "unescaped-html"),
        ("return '<b>%s</b>' % name", "unescaped-html"),
        ("return '<b>{}</b>'.format(name)", "unescaped-html"),
        ("eval(name)", "dangerous-call"),
        ("exec(name)", "dangerous-call"),
        ("import pickle; pickle.loads(name)", "dangerous-call"),
        ("from pickle import loads; loads(name)", "dangerous-call"),
        ("import subprocess; subprocess.Popen(name, shell=True)", "dangerous-call"),
        ("import yaml; yaml.load(name)", "dangerous-call"),
        ("import time; time.sleep(1)", "blocking-call"),
        ("from time import sleep; sleep(1)", "blocking-call"),
        ("import subprocess; subprocess.run(['ls'])", "blocking-call"),
    ],
)
def test_a_risk_is_told_with_its_line(line: str, rule: str, check: Check):
    found = [one for one in check(body(line)) if one.rule == rule]
    assert len(found) == 1
    assert (found[0].file, found[0].line) == ("main.py", 4)
    assert found[0].remedy
    silenced = check(body(f"{line}  # plughost: ok {rule}"))
    assert [one for one in silenced if one.rule == rule] == []


@pytest.mark.parametrize(
    "line",
    [
        "password = self.config['password']",
        "token = 'your-token-here'",
        "secret = 'short'",
        "url = 'https://service.org/hook'",
        "url = 'http://localhost:8080'",
        "import html; return f'<p>{html.escape(name)}</p>'",
        "return f'{name} < {len(name)}'",
        "return f'a <- {name}'",
        "import asyncio; await asyncio.sleep(1)",
        "import yaml; yaml.load(name, Loader=yaml.SafeLoader)  # plughost: ok module-missing",
    ],
)
def test_what_only_looks_like_a_risk_is_not_told(line: str, check: Check):
    assert check(body(line)) == []


def test_code_that_is_nested_deep_is_borne(check: Check):
    long_sum = "+".join(["name"] * 5_000)
    found = check(body(f"return f'<p>{{{long_sum}}}</p>'"))
    assert {one.rule for one in found} <= {"unescaped-html", "syntax"}


def test_blocking_calls_are_fine_in_threads(check: Check):
    sleep = "import time; time.sleep(1)"
    assert check(body(sleep, function="def work(self)")) == []
    assert check(body("import time", "def inner():", "    time.sleep(1)")) == []


def test_requests_blocks_the_loop_and_needs_the_network(check: Check):
    found = check(body("import requests; requests.get(name)  # plughost: ok module-missing"))
    assert sorted(one.rule for one in found) == ["blocking-call", "permission-undeclared"]


def test_known_secrets_are_faults_in_the_manifest_too(check: Check):
    [found] = check(body("pass"), f'[env]\nSERVICE_KEY = "{KEY}"\n')
    assert (found.file, found.line, found.level) == ("plugin.toml", 4, "fault")


def test_tests_and_environments_of_the_plugin_are_not_looked_at(check: Check, tmp_path: Path):
    for folder in ("tests", ".venv", "__pycache__"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "other.py").write_text("eval('1')\n")
    assert check(body("pass")) == []
