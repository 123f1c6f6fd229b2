"""Commands through real plugin processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from host import (
    ContributionNotFound,
    DeadlineExceeded,
    Denied,
    DuplicateContribution,
    InvalidParams,
    LoadRefused,
    NotActive,
    PluginError,
    PluginHost,
    PluginIncident,
)

Write = Callable[..., Path]

GITHUB = """
from plugin_sdk import command


class Github(Plugin):
    async def on_load(self) -> None:
        await self.commands.register(
            {"name": "notify-slack", "description": "Notify", "handler": self.notify_slack}
        )

    @command("sync", description="Sync templates")
    async def sync(self, repo: str, deep: bool = False) -> str:
        return f"synced {repo}{' deeply' if deep else ''}"

    @command
    def slow(self) -> str:
        '''Take long.

        Really.
        '''
        import time

        time.sleep(30)
        return ""

    @command
    async def fails(self) -> None:
        raise PluginError("the token is wrong", {"token": "old"})

    @command
    async def breaks(self) -> None:
        raise KeyError("surprise")

    async def notify_slack(self, args):
        return [args["message"], type(args).__name__]

    @method
    async def register(self, name: str, description: str = "") -> None:
        async def handler(number: int) -> int:
            return number * 2

        await self.commands.register(name, handler, description=description)

    @method
    async def unregister(self, name: str) -> None:
        await self.commands.unregister(name)

    @method
    async def count(self) -> int:
        return len(await self.commands.list())

    @method
    async def die(self) -> None:
        import os

        os._exit(3)
"""
CALLER = """
class Caller(Plugin):
    @method
    async def invoke(self, plugin: str, command: str, params: dict[str, Any]) -> Any:
        return await self.commands.invoke(plugin, command, params)
"""


@pytest.fixture
def place(plugins: Path, write_plugin: Write) -> Path:
    write_plugin("github", GITHUB)
    return plugins


async def test_a_typed_method_and_a_registered_handler_are_listed_and_run(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        listed = {one.name: one for one in host.commands.list()}
        assert set(listed) == {"sync", "slow", "fails", "breaks", "notify-slack"}
        assert (listed["sync"].plugin, listed["sync"].description) == ("github", "Sync templates")
        assert listed["sync"].params["required"] == ["repo"]
        assert listed["sync"].params["properties"]["deep"]["default"] is False
        assert listed["slow"].description == "Take long."
        assert await host.command("sync", {"repo": "plughost"}) == "synced plughost"
        assert await host.command("github:sync", {"repo": "x", "deep": True}) == "synced x deeply"
        assert await host.command("sync", {"repo": "x"}, plugin="github") == "synced x"
        assert await host.command("notify-slack", {"message": "hi"}) == ["hi", "dict"]
        assert host.commands.list("other") == ()


async def test_what_goes_wrong_is_told_by_an_error_of_its_own(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        with pytest.raises(ContributionNotFound, match="did you mean sync"):
            await host.command("synk", {"repo": "x"})
        with pytest.raises(ContributionNotFound):
            await host.command("github:nothing")
        with pytest.raises(InvalidParams, match="'repo'"):
            await host.command("sync", {"repo": 7})
        with pytest.raises(InvalidParams, match="no parameter 'what'"):
            await host.command("sync", {"repo": "x", "what": 1})
        with pytest.raises(InvalidParams, match="JSON"):
            await host.command("sync", {"repo": object()})
        with pytest.raises(InvalidParams, match="not one of plugin"):
            await host.command("github:sync", {"repo": "x"}, plugin="other")
        with pytest.raises(PluginError, match="the token is wrong") as caught:
            await host.command("fails")
        assert caught.value.detail == {"token": "old"}
        with pytest.raises(PluginIncident, match="incident"):
            await host.command("breaks")
        with pytest.raises(DeadlineExceeded):
            await host.command("slow", timeout_s=0.2)


@pytest.mark.parametrize(("plugin", "near"), [("github", ("sync",)), ("other", ())])
async def test_a_plugin_that_misspells_a_command_is_told_the_near_one_of_the_plugin_that_it_named(
    place: Path, write_plugin: Write, plugin: str, near: tuple[str, ...]
) -> None:
    write_plugin("caller", CALLER, 'permissions = ["commands:call"]\n')
    write_plugin("other", "class Other(Plugin): ...\n")
    async with PluginHost([place], autoload=True) as host:
        with pytest.raises(ContributionNotFound) as caught:
            await host.call("caller", "invoke", {"plugin": plugin, "command": "syn", "params": {}})
    assert ("did you mean sync?" in caught.value.message) == bool(near)
    assert caught.value.data["near"] == near


async def test_a_command_of_another_plugin_is_refused_at_load_naming_its_owner(
    place: Path, write_plugin: Write
) -> None:
    write_plugin(
        "mercurial",
        """
        from plugin_sdk import command

        class Mercurial(Plugin):
            @command
            async def sync(self) -> str:
                return "mine"

            @command
            async def pull(self) -> str:
                return "mine"
        """,
    )
    async with PluginHost([place]) as host:
        await host.load("github")
        with pytest.raises(LoadRefused, match="command 'sync': plugin 'github' has a command of this name"):
            await host.load("mercurial")
        assert {one.plugin for one in host.commands.list()} == {"github"}
        await host.unload("github")
        assert host.commands.list() == ()
        await host.load("mercurial")
        assert await host.command("sync") == "mine"


async def test_what_is_registered_later_follows_the_same_rules(place: Path, write_plugin: Write) -> None:
    write_plugin(
        "second",
        GITHUB.replace("async def on_load", "async def unused")
        .replace("@command", "@keep")
        .replace(
            "from plugin_sdk import command",
            "def keep(*a, **k):\n    return a[0] if a and callable(a[0]) else lambda f: f",
        ),
    )
    async with PluginHost([place], autoload=True) as host:
        await host.call("second", "register", {"name": "twice", "description": "a\x1b[2Jb"})
        assert await host.command("twice", {"number": 4}) == 8
        assert host.commands.list("second")[0].description == "a\\x1b[2Jb"
        with pytest.raises(DuplicateContribution, match="plugin 'github'"):
            await host.call("second", "register", {"name": "sync"})
        with pytest.raises(InvalidParams, match="64 letters"):
            await host.call("second", "register", {"name": "no spaces"})
        with pytest.raises(InvalidParams, match="description"):
            await host.call("second", "register", {"name": "long", "description": "x" * 1001})
        assert [one.name for one in host.commands.list("second")] == ["twice"]
        assert await host.call("second", "count") == len(host.commands.list())
        with pytest.raises(ContributionNotFound):
            await host.call("second", "unregister", {"name": "sync"})
        await host.call("second", "unregister", {"name": "twice"})
        with pytest.raises(ContributionNotFound):
            await host.command("twice", {"number": 4})
        await host.call("second", "register", {"name": "twice"})


async def test_another_plugin_needs_the_permission(place: Path, write_plugin: Write) -> None:
    write_plugin("granted", CALLER, 'permissions = ["commands:call:github"]\n')
    write_plugin("other", CALLER)
    call: dict[str, Any] = {"plugin": "github", "command": "sync", "params": {"repo": "x"}}
    async with PluginHost([place], autoload=True) as host:
        assert await host.call("granted", "invoke", call) == "synced x"
        with pytest.raises(Denied, match="commands:call:github"):
            await host.call("other", "invoke", call)
        with pytest.raises(ContributionNotFound):
            await host.call("granted", "invoke", call | {"command": "nothing"})


async def test_a_crashed_plugin_keeps_its_names_while_it_is_started_again(
    place: Path, write_plugin: Write, until: Callable[..., Any]
) -> None:
    write_plugin(
        "thief",
        "from plugin_sdk import command\n\nclass Thief(Plugin):\n    @command\n"
        "    async def sync(self) -> str:\n        return 'stolen'\n",
    )
    async with PluginHost([place]) as host:
        await host.load("github")
        with pytest.raises(Exception, match="exit"):
            await host.call("github", "die")
        await until(host, "github", "backoff")
        with pytest.raises(NotActive):
            await host.command("sync", {"repo": "x"})
        with pytest.raises(LoadRefused, match="'github'"):
            await host.load("thief")
        await until(host, "github", "active")
        assert await host.command("sync", {"repo": "x"}) == "synced x"


@pytest.mark.parametrize(
    ("code", "named"),
    [
        ("@command('no spaces')\n    async def a(self) -> None: ...", "no spaces"),
        ("@command('x' * 65)\n    async def a(self) -> None: ...", "64 letters"),
        (
            "@command('a')\n    async def a(self): ...\n    @command('a')\n    async def b(self): ...",
            "both are the command 'a'",
        ),
        ("@command('a')\n    async def a(self):\n        yield 1", "no stream"),
        ("@command('a')\n    async def a(self, *args): ...", "must have a name"),
    ],
)
async def test_a_command_that_can_not_be_one_is_refused(
    plugins: Path, write_plugin: Write, code: str, named: str
) -> None:
    write_plugin("bad", f"from plugin_sdk import command\n\nclass Bad(Plugin):\n    {code}\n")
    async with PluginHost([plugins]) as host:
        with pytest.raises(LoadRefused, match=named):
            await host.load("bad")
        assert host.commands.list() == ()


async def test_the_log_names_the_command_that_raised(place: Path) -> None:
    async with PluginHost([place], autoload=True) as host:
        with pytest.raises(PluginIncident, match="command 'breaks' failed unexpectedly; incident"):
            await host.command("breaks")
        (line,) = await host.logs("github", level="error")
        assert line.text.startswith("command 'breaks' raised KeyError")
