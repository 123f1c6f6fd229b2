"""Handled: waits until a plugin has handled every event that it was sent.

Called by `plughost inspect` and by the bench of authors' tests.
"""

from typing import Final

import anyio
import anyio.lowlevel

from host.errors import DeadlineExceeded
from host.plugin_host import PluginHost

LOOK_S: Final = 0.005
"""How often it is looked whether an event was handled; the host tells nobody."""

HANDLED_S: Final = 30.0
"""Longest time for a plugin to handle an event."""


async def until_handled(host: PluginHost, plugin: str, topic: str) -> None:
    """Wait until no event waits for a plugin. Raises DeadlineExceeded, which names `topic`."""
    # What was emitted is handed out in the loop's next turn.
    await anyio.lowlevel.checkpoint()
    await anyio.lowlevel.checkpoint()
    with anyio.move_on_after(HANDLED_S) as limit:
        # Nobody is told that an event was handled.
        while any(one.waiting for one in await host.events.lag(plugin)):  # noqa: ASYNC110
            await anyio.sleep(LOOK_S)
    if limit.cancelled_caught:
        raise DeadlineExceeded(
            f"plugin {plugin!r} did not handle {topic} within {HANDLED_S:g} s",
            remedy="look for a handler that waits for what does not come",
            plugin=plugin,
        )
