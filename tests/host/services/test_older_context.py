"""`initialize(context)`: what the context of other plugin systems offers, through a real process."""

from collections.abc import Callable
from pathlib import Path

import anyio

from host import PluginHost

Write = Callable[..., Path]


async def test_what_a_context_offers_does_what_the_plugins_own_attributes_do(
    plugins: Path, write_plugin: Write
) -> None:
    code = """
    class ExamplePlugin(Plugin):
        async def initialize(self, context):
            self.context = context
            await context.api.on("said", self.heard)
            await context.api.add_menu_item({"label": "Example", "handler": self.chosen})
            await context.api.register_settings({"loud": {"type": "boolean", "default": True}})

        async def heard(self, data):
            await self.context.api.get_storage().set("heard", data)
            await self.context.api.emit("kept", self.context.api.get_settings()["loud"])

        async def chosen(self):
            await self.context.api.emit("said", {"text": "hello"})
            return "said"
    """
    write_plugin("example", code)
    kept = anyio.Event()
    async with PluginHost([plugins], autoload=True) as host:

        @host.on("plugin.example.kept")
        def on_kept(loud: bool) -> None:  # pyright: ignore[reportUnusedFunction]
            assert loud
            kept.set()

        assert await host.ui.invoke("example", "example") == "said"
        with anyio.fail_after(10):
            await kept.wait()
        assert await host.storage.get("example", "heard") == {"text": "hello"}
