"""Eats memory until somebody stops it, 200 MiB at most."""

import time

from plugin_sdk import Plugin, method

MIB = 1024 * 1024


class Hungry(Plugin):
    @method
    def eat(self) -> int:
        eaten: list[bytes] = []
        while len(eaten) < 200:
            eaten.append(b"x" * MIB)
        time.sleep(30)  # holds it until the host looks
        return len(eaten)

    @method
    async def greet(self) -> str:
        return "I am back"
