"""Plugins that take part in hooks, for their tests."""

from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]

HOOK = "message.before_send"
USES = "from plugin_sdk import allow, deny, hook, replace\n\n\n"


def a_guard(body: str, options: str = "") -> str:
    """Return the code of a plugin whose one handler has this body."""
    return f"""{USES}
class Guard(Plugin):
    @hook("{HOOK}"{options})
    async def check(self, message: dict[str, Any]):
        {body}
"""


ALLOW = "return allow()"
SLOW = "import asyncio; await asyncio.sleep(30)"
