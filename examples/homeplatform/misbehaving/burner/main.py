"""Computes without an end, in a thread."""

from typing import Any

from plugin_sdk import Context, Plugin, method


class Burner(Plugin):
    @method
    def burn(self, ctx: Context) -> None:
        while not ctx.cancelled:
            pass

    async def on_status(self) -> dict[str, Any]:
        return {"data": {"still": "here"}}
