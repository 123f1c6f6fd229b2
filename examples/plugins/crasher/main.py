"""Dies on request, to show what the host does about it."""

import os

from plugin_sdk import Plugin, method


class Crasher(Plugin):
    @method
    async def ping_me(self) -> str:
        """Show that it lives, and in which process."""
        return f"alive in process {os.getpid()}"

    @method
    async def crash(self) -> None:
        """End the process at once, as a crash would: nothing is cleaned up, nobody is told."""
        os._exit(7)
