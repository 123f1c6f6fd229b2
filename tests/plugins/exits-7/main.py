"""Ends its process with code 7 in the middle of a call."""

import os
import sys

from plugin_sdk import Plugin, method


class Exits7(Plugin):
    @method
    async def leave(self) -> None:
        print("about to leave with code 7", file=sys.stderr, flush=True)
        os._exit(7)

    @method
    async def answer(self) -> int:
        return 42
