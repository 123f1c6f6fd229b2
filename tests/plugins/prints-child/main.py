"""A child process inherits stdout and writes to it."""

import subprocess

from plugin_sdk import Plugin, method


class PrintsChild(Plugin):
    @method
    def say(self, text: str) -> str:
        subprocess.run(["echo", text], check=True)
        return "said"
