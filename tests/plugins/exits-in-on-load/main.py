"""Ends its process while it is being loaded."""

import os
import sys

from plugin_sdk import Plugin


class ExitsInOnLoad(Plugin):
    async def on_load(self) -> None:
        print("the database is not there", file=sys.stderr, flush=True)
        os._exit(4)
