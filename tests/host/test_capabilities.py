"""Capabilities: what a manifest says that its plugin can do, and who reads it."""

from collections.abc import Callable
from pathlib import Path

from host import PluginHost

Write = Callable[..., Path]


async def test_capabilities_of_a_manifest_are_seen_by_the_embedder_and_by_other_plugins(
    plugins: Path, write_plugin: Write
) -> None:
    can = 'capabilities = ["exec.able.sync"]\n'
    write_plugin("able", "class Able(Plugin): ...\n", can)
    asker = """
    class Asker(Plugin):
        @method
        async def others(self) -> Any:
            return await self.plugins.list()
    """
    write_plugin("asker", asker)
    async with PluginHost([plugins], autoload=True) as host:
        assert host.plugin("able").capabilities == ("exec.able.sync",)
        (able,) = await host.call("asker", "others")
        assert able["capabilities"] == ["exec.able.sync"]
