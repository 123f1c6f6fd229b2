"""A C library writes to stdout, past Python's own stream."""

import ctypes

from plugin_sdk import Plugin, method


class PrintsC(Plugin):
    @method
    async def say(self, text: str) -> str:
        libc = ctypes.CDLL(None)
        libc.puts(text.encode())
        libc.fflush(None)
        return "said"
