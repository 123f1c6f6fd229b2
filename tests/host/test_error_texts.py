"""What authors and programs read when something went wrong, through real plugin processes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest

from host import InvalidParams, ManifestError, PluginHost, PluginNotFound

Write = Callable[..., Path]

ASKER = """
from typing import Literal


class Asker(Plugin):
    @method
    async def ask(self, method: str, params: dict[str, Any]) -> list[str]:
        try:
            await self.host.call(method, params)
        except RpcError as exc:
            return [str(exc), exc.message]
        return []

    @method
    def paint(self, colour: Literal["red", "blue"] = "red") -> str:
        return colour
"""


async def test_a_plugin_that_shows_an_error_shows_what_to_do_about_it(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("asker", ASKER)
    async with PluginHost([plugins], autoload=True) as host:
        shown, message = await host.call(
            "asker",
            "ask",
            {"method": "email.send", "params": {"to": "a@example.com", "subject": "s", "body": "b"}},
        )
        assert shown == (
            "plugin 'asker' did not declare email:send; in the manifest: permissions = [\"email:send\"]"
        )
        assert "did not declare email:send" in message
        shown, _ = await host.call("asker", "ask", {"method": "nope.list", "params": {}})
        assert shown == "the host has no method 'nope.list'; `rpc.discover` lists what there is"


async def test_a_value_that_is_none_of_those_allowed_is_answered_with_them(
    plugins: Path, write_plugin: Write
) -> None:
    write_plugin("asker", ASKER)
    host = PluginHost([plugins], autoload=True)

    @host.api("inbox.sort")
    def sort(by: Literal["date", "sender"]) -> str:
        return by

    async with host:
        assert sort("date") == "date"
        with pytest.raises(InvalidParams, match=r"parameter 'colour': .*'green'; allowed: 'blue', 'red'"):
            await host.call("asker", "paint", {"colour": "green"})
        shown: Any = await host.call("asker", "ask", {"method": "inbox.sort", "params": {"by": "size"}})
        assert "parameter 'by'" in shown[0]
        assert "allowed: 'date', 'sender'" in shown[0]


async def test_a_plugin_with_a_broken_manifest_has_the_log_that_there_is(
    plugins: Path, tmp_path: Path, write_plugin: Write
) -> None:
    folder = write_plugin("asker", ASKER)
    write_plugin("never", ASKER)
    (plugins / "never" / "plugin.toml").write_text('id = "never"\n')
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        await host.load("asker")
    (folder / "plugin.toml").write_text('id = "asker"\n')
    async with PluginHost([plugins], data=tmp_path / "data") as host:
        assert {view.state for view in host.plugins()} == {"error"}
        assert [line.text for line in await host.logs("asker")]
        assert await host.logs("never") == ()
        assert not await host.recorder.timeline("never")
        with pytest.raises(ManifestError, match="version: found nothing"):
            await host.recorder.why("never")
        with pytest.raises(PluginNotFound):
            await host.logs("nobody")
