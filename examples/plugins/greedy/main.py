"""Takes memory and keeps it, to show what the host does about it."""

from plugin_sdk import Plugin, PluginError, method

MAX_MEGABYTES = 400
PAGE_BYTES = 4096


class Greedy(Plugin):
    def __init__(self) -> None:
        self._kept: list[bytearray] = []

    @method
    async def grab(self, megabytes: int) -> int:
        """Allocate and touch this much; return how many bytes are held by now."""
        size_bytes = megabytes * 1024 * 1024
        held_bytes = sum(len(block) for block in self._kept)
        if megabytes < 0 or held_bytes + size_bytes > MAX_MEGABYTES * 1024 * 1024:
            raise PluginError(f"no more than {MAX_MEGABYTES} MiB in all, to be kind to this machine")
        block = bytearray(size_bytes)
        # The kernel gives a page only when it is written to.
        block[::PAGE_BYTES] = b"x" * len(range(0, size_bytes, PAGE_BYTES))
        self._kept.append(block)
        return held_bytes + size_bytes
