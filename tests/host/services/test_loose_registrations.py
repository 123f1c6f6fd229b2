"""Registrations in code that are written loosely: what is understood, and what is named."""

from collections.abc import Callable
from pathlib import Path

from host import PluginHost

Write = Callable[..., Path]

LOOSE = """
class Loose(Plugin):
    async def on_load(self) -> None:
        await self.commands.register("short", lambda args: self.send(args["message"]))
        for offer in (self.commands.register, self.api.register_endpoint):
            try:
                await offer({"name": "late", "method": "GET", "path": "/late"})
            except TypeError as exc:
                self.log.info(str(exc))
        try:
            await self.commands.register("short", lambda args: None)
        except RpcError as exc:
            self.log.info(exc.message)

    async def send(self, message: str) -> str:
        return f"sent {message}"
"""


async def test_a_function_that_returns_something_to_be_awaited_has_it_awaited(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("loose", "from plugin_sdk import RpcError\n" + LOOSE)
    async with PluginHost([plugins], autoload=True) as host:
        assert await host.command("short", {"message": "hello"}) == "sent hello"


async def test_what_is_wrong_with_a_registration_is_named(plugins: Path, write_plugin: Write) -> None:
    write_plugin("loose", "from plugin_sdk import RpcError\n" + LOOSE)
    async with PluginHost([plugins], autoload=True) as host:
        lines = [line.text for line in await host.logs("loose") if line.source == "log"]
        assert lines == [
            "a command needs 'handler'; the mapping has name, method, path",
            "an endpoint needs 'handler'; the mapping has name, method, path",
            "Loose.on_load.<locals>.<lambda> is the command 'short' already",
        ]
