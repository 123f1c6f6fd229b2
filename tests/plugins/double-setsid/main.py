"""Starts a process that leaves the group and the session twice, and ignores polite signals."""

import subprocess
import sys
from pathlib import Path

from plugin_sdk import Plugin, method


class DoubleSetsid(Plugin):
    @method
    def escape(self) -> int:
        """Return the pid of the process that escaped."""
        escapee = str(Path(__file__).with_name("escapee.py"))
        with subprocess.Popen(
            [sys.executable, escapee], start_new_session=True, stdout=subprocess.PIPE
        ) as child:
            assert child.stdout is not None
            return int(child.stdout.readline())

    @method
    async def answer(self) -> int:
        return 42
