"""Keeps whatever it gets, up to 800 MiB."""

import time

from plugin_sdk import Plugin, method

MIB = 1024 * 1024


class Hoarder(Plugin):
    @method
    def collect(self) -> int:
        kept: list[bytes] = []
        while len(kept) < 800:
            kept.append(b"x" * MIB)
        time.sleep(30)  # keeps it until the host looks
        return len(kept)
