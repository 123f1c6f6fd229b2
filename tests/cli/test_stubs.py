"""`plughost stubs` as a command: what it writes is read by the type checker, and used by a plugin."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from host import PluginHost
from tests.cli.conftest import Shell

SHOP = '''
from collections.abc import AsyncIterator
from typing import Literal

import msgspec

from host import Caller, PluginHost


class User(msgspec.Struct):
    name: str
    kind: Literal["person", "robot"] = "person"
    boss: "User | None" = None


host = PluginHost([])


def build() -> PluginHost:
    return host


@host.api("users.list", permission="users:read")
async def users(caller: Caller, user: str | None = None, limit: int = 10) -> list[User]:
    """List users.

    It says QUOTES and back\\\\slashes.
    """
    return [User(user or caller.plugin)][:limit]


@host.api("users.list.watch")
async def watch(user: User) -> AsyncIterator[User]:
    yield user


@host.api("users.str")
def text(names: list[str], by_name: dict[str, int]) -> str:
    return " ".join(names)


@host.api("users.import")
def unreachable() -> None: ...
'''.replace("QUOTES", '\\\\"\\\\"\\\\"'.replace("\\\\", "\\"))

USE = """
from typing import assert_type
from host_api import Plugin, User


class Reader(Plugin):
    async def on_load(self) -> None:
        found = await self.host.users.list(user="ada", limit=2)
        assert_type(found, list[User])
        assert_type(found[0]["name"], str)
        assert_type(await self.host.users.str(names=["a"], by_name={}), str)
        async for one in self.host.users.list.watch(user={"name": "ada"}):
            assert_type(one, User)
        await self.host.call("host.info")
"""


def check(folder: Path, source: str) -> list[str]:
    """Return the faults that the type checker finds in a plugin beside the stubs."""
    (folder / "main.py").write_text(source)
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    checker = Path(sys.executable).with_name("basedpyright")
    done = subprocess.run(
        [checker, "--pythonpath", sys.executable, "--outputjson", "main.py", "host_api.py"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == 2
    return [one["message"] for one in found["generalDiagnostics"] if one["severity"] == "error"]


def test_a_plugin_that_uses_the_stubs_rightly_passes_strict_checking(shell: Shell):
    (shell.folder / "shop.py").write_text(SHOP)
    shown = shell.run("stubs", "shop:host")
    assert (shown.code, shown.out) == (0, "host_api.py: 3 functions\n"), shown.err
    assert shown.err == "left out, its names can't be written in Python: users.import\n"
    assert check(shell.folder, USE) == []


def test_wrong_names_and_types_are_found_by_the_checker(shell: Shell):
    (shell.folder / "shop.py").write_text(SHOP)
    assert shell.run("stubs", "shop:host").code == 0
    for right, wrong, says in (
        ('user="ada"', "user=3", "user"),
        ("limit=2", "limits=2", "limits"),
        ("users.str(", "users.text(", "text"),
        ('{"name": "ada"}', '{"nam": "ada"}', "undefined item"),
        ("await self.host.users.list(", "(self.host.users.list)(", ""),
    ):
        faults = check(shell.folder, USE.replace(right, wrong, 1))
        assert any(says in fault for fault in faults), (wrong, faults)


def test_the_documentation_and_the_permission_are_in_the_stubs(shell: Shell):
    (shell.folder / "shop.py").write_text(SHOP)
    assert shell.run("stubs", "shop:build", "-o", "new/folder", "--module", "shop_api").code == 0
    text = (shell.folder / "new/folder/shop_api.py").read_text()
    compile(text, "shop_api.py", "exec")
    assert "from shop_api import Plugin" in text
    assert "List users." in text
    assert r"It says \"\"\" and back\\slashes." in text
    assert "Permission: users:read" in text


def test_a_document_gives_the_same_stubs_as_the_host(shell: Shell):
    (shell.folder / "shop.py").write_text(SHOP)
    shown = shell.run("stubs", "shop:host", "--json")
    assert not (shell.folder / "host_api.py").exists()
    (shell.folder / "api.json").write_text(shown.out)
    assert shell.run("stubs", "shop:host", "-o", "a").code == 0
    assert shell.run("stubs", "api.json", "-o", "b").code == 0
    assert (shell.folder / "a/host_api.py").read_text() == (shell.folder / "b/host_api.py").read_text()


def test_a_document_can_not_smuggle_code_into_the_module(shell: Shell):
    evil = 'x"""\nraise SystemExit(9)\n"""\\'
    entry: dict[str, Any] = {"params": [], "result": {"schema": {"enum": [evil]}}, "description": evil}
    named = {"properties": {evil: {"type": "string"}}, "type": "object", "title": evil}
    methods: list[dict[str, Any]] = [
        {"name": "a.b", **entry},
        {"name": "a.c", "params": [{"name": "p", "schema": named}], "x-permission": evil},
        {"name": f"a.{evil}", **entry},
        {"name": "a.d", "params": [{"name": evil}]},
    ]
    (shell.folder / "api.json").write_text(json.dumps({"methods": methods}))
    shown = shell.run("stubs", "api.json")
    assert shown.out == "host_api.py: 2 functions\n"
    assert shown.err.count("left out") == 2
    assert check(shell.folder, "from host_api import Plugin\n\nprint(Plugin)\n") == []


def test_what_is_no_api_is_refused_with_its_reason_and_nothing_is_written(shell: Shell):
    (shell.folder / "other.py").write_text("number = 3\ndef fails(): raise ValueError('no luck')\n")
    (shell.folder / "no.json").write_text("{")
    (shell.folder / "empty.json").write_text("{}")
    (shell.folder / "odd.json").write_text('{"methods": [{"name": "a.b", "params": [3]}]}')
    for source, says in (
        ("shop", "MODULE:HOST"),
        ("absent:host", "No module named 'absent'"),
        ("other:absent", "absent"),
        ("other:number", "is int, not a PluginHost"),
        ("other:fails", "ValueError: no luck"),
        ("absent.json", "can't be read"),
        ("no.json", "is no JSON"),
        ("empty.json", "no list of methods"),
        ("odd.json", "methods[0]"),
    ):
        shown = shell.run("stubs", source)
        assert shown.code == 2, source
        assert says in shown.err, shown.err
    assert not (shell.folder / "host_api.py").exists()
    assert shell.run("stubs", "empty.json", "--module", "not-a-name").code == 2


def test_a_plugin_runs_with_the_stubs_beside_it(shell: Shell):
    source = (
        "from plugin_sdk import method\nfrom host_api import Plugin\n\n\nclass Reader(Plugin):\n"
        "    @method\n    async def first(self) -> str:\n"
        "        return (await self.host.users.list(user='ada'))[0]\n"
    )
    folder = shell.plugin("reader", source, 'permissions = ["users:read"]\n')
    host = PluginHost([folder])

    @host.api("users.list", permission="users:read")
    async def users(user: str) -> list[str]:  # pyright: ignore[reportUnusedFunction]
        return [user]

    (shell.folder / "api.json").write_text(json.dumps(host.api_document()))
    assert shell.run("stubs", "api.json", "-o", folder).code == 0

    async def body() -> object:
        async with host:
            await host.load("reader")
            return await host.call("reader", "first")

    assert asyncio.run(body()) == "ada"
