"""Reads address 0, as a faulty C extension would."""

import ctypes

from plugin_sdk import Plugin, method


class Segfault(Plugin):
    @method
    async def fall(self) -> None:
        ctypes.string_at(0)

    @method
    async def answer(self) -> int:
        return 42
