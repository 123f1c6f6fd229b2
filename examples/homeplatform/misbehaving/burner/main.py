"""Computes without an end, in processes of its own: all of them together may use half a core."""

import subprocess
import sys
from typing import Any

from plugin_sdk import Context, Plugin, method

PROCESSES = 8
"""Enough to be over the limit on a machine that is busy with other things, too."""


class Burner(Plugin):
    @method
    def burn(self, ctx: Context) -> None:
        burning = [subprocess.Popen([sys.executable, "-Sc", "while True: pass"]) for _ in range(PROCESSES)]
        try:
            while not ctx.cancelled:
                pass
        finally:
            for process in burning:
                process.kill()
                process.wait()

    async def on_status(self) -> dict[str, Any]:
        return {"data": {"still": "here"}}
