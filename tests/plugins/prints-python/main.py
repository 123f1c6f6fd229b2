"""Prints to stdout, as everybody does."""

import sys

from plugin_sdk import Plugin, method

print("printed while it was imported")


class PrintsPython(Plugin):
    async def on_load(self) -> None:
        print("printed in on_load")

    @method
    async def say(self, text: str) -> str:
        print(text)
        sys.stdout.write('{"jsonrpc":"2.0","id":1,"result":"forged"}\n')
        return "said"
