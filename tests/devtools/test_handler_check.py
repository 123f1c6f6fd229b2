"""Methods that a manifest names, looked for in the code without running it."""

import pytest

from tests.devtools.conftest import HEAD, Check

DECLARED = """\
entry_point = "main:Sample"
[[subscriptions]]
handler = "heard"
topics = ["a.b"]
[[triggers]]
event = "a.c"
handler = "started"
[[hooks]]
hook = "x.y"
handler = "guard"
[[endpoints]]
path = "/x"
handler = "page"
[[commands]]
name = "sync-all"
[[schedules]]
handler = "tidy"
every = "1h"
"""
METHODS = "".join(
    f"    async def {name}(self, *args): ...\n"
    for name in ("heard", "started", "guard", "page", "sync_all", "tidy")
)
EMPTY = "    async def other(self): ...\n"


def missing(check: Check, code: str, **files: str) -> set[str]:
    """Return what is said to be missing, by the manifest's name for it."""
    found = [one for one in check(code, DECLARED, **files) if one.rule == "handler-missing"]
    assert all((one.level, one.file) == ("fault", "plugin.toml") for one in found)
    names = ("heard", "started", "guard", "page", "sync-all", "tidy")
    return {name for name in names if any(f" {name}" in one.what for one in found)}


def test_every_method_that_is_nowhere_is_named_at_once(check: Check):
    code = f"{HEAD}class Sample(Plugin):\n{EMPTY}"
    assert missing(check, code) == {"heard", "started", "guard", "page", "sync-all", "tidy"}
    assert missing(check, f"{HEAD}class Sample(Plugin):\n{METHODS}") == set()


def test_methods_of_a_base_class_in_the_plugins_folder_are_there(check: Check):
    base = f"{HEAD}class Base(Plugin):\n{METHODS}"
    assert missing(check, "from parts import Base\nclass Sample(Base): ...\n", parts=base) == set()


@pytest.mark.parametrize(
    "code",
    [
        f"{HEAD}from elsewhere import Base\nclass Sample(Base, Plugin):\n{EMPTY}",
        f"{HEAD}from elsewhere import Mixed\nclass Mine(Mixed, Plugin): ...\nclass Sample(Mine):\n{EMPTY}",
        f"{HEAD}from elsewhere import grown\n@grown\nclass Sample(Plugin):\n{EMPTY}",
        f"{HEAD}from elsewhere import Meta\nclass Sample(Plugin, metaclass=Meta):\n{EMPTY}",
        f"{HEAD}from elsewhere import grow\nclass Sample(Plugin):\n{EMPTY}grow(Sample)\n",
        f"{HEAD}class Sample(Plugin):\n{EMPTY}for name in 'abc': setattr(Sample, name, print)\n",
        f"{HEAD}class Sample(Plugin):\n    locals()['heard'] = print\n",
    ],
)
def test_of_what_may_come_from_elsewhere_or_is_made_at_run_time_nothing_is_said(check: Check, code: str):
    assert missing(check, code) == set()


@pytest.mark.parametrize(
    "body",
    [
        "    heard = started = guard = page = sync_all = tidy = print\n",
        "    if True:\n" + METHODS.replace("    async", "        async"),
        "    from parts import heard, started, guard, page, sync_all, x as tidy\n",
    ],
)
def test_a_name_that_the_class_binds_in_any_way_is_there(check: Check, body: str):
    assert missing(check, f"{HEAD}class Sample(Plugin):\n{body}", parts="") == set()


def test_a_name_that_is_set_from_outside_is_there(check: Check):
    code = f"{HEAD}class Sample(Plugin):\n{EMPTY}Sample.heard = Sample.guard = print\n"
    assert missing(check, code) == {"started", "page", "sync-all", "tidy"}


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ("    @command('sync-all')\n    async def run(self): ...\n", {"page", "tidy"}),
        ("    @command(NAME)\n    async def run(self): ...\n", {"page", "tidy"}),
        ("    @command('other')\n    async def run(self): ...\n", {"page", "sync-all", "tidy"}),
        ("    async def on_command(self, command, params): ...\n", {"page", "tidy"}),
        ("    @endpoint('GET', '/x')\n    async def run(self): ...\n", {"sync-all", "tidy"}),
        ("    @endpoint('GET', '/y')\n    async def run(self): ...\n", {"page", "sync-all", "tidy"}),
        ("    async def on_load(self): await self.commands.register('x', print)\n", {"page", "tidy"}),
        ("    async def on_load(self): await self.schedule.every(print, hours=1)\n", {"page", "sync-all"}),
        ("    def register_routes(self, app): ...\n", {"sync-all", "tidy"}),
        ("    async def on_load(self): print(self)\n", set[str]()),
    ],
)
def test_what_code_may_register_is_not_said_to_be_missing(check: Check, body: str, named: set[str]):
    assert missing(check, f"{HEAD}class Sample(Plugin):\n{body}") == {"heard", "started", "guard"} | named


@pytest.mark.parametrize("name", ["on", "hook", "every", "cron", "endpoint", "widget", "menu_item"])
def test_a_decorator_without_its_parentheses_is_told_with_its_line(check: Check, name: str):
    head = f"from plugin_sdk import Plugin, {name} as marked\n"
    [found] = check(f"{head}class Sample(Plugin):\n    @marked\n    async def act(self): ...\n")
    assert (found.level, found.rule, found.file, found.line) == ("fault", "decorator", "main.py", 3)
    assert f"@{name} stands without parentheses" in found.what


@pytest.mark.parametrize("name", ["@command", "@method", "@hook('a.b')", "@widget()"])
def test_a_decorator_that_is_right_is_fine(check: Check, name: str):
    head = f"{HEAD}from plugin_sdk import widget\n"
    assert check(f"{head}class Sample(Plugin):\n    {name}\n    async def act(self, value): ...\n") == []
