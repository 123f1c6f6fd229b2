"""Hook paths: within which hooks a call is made, so that no hook triggers itself.

A hook asks a plugin; the plugin, while it answers, calls the host or through it another plugin; that may
trigger hooks again. Requests that are made on behalf of a hook are noted here by session and id, as long as
they are under way; what comes back from a plugin names the request that it serves as its parent. While no
hook is being asked nothing is noted, and calls pay a look at an empty dictionary.
"""

from contextvars import ContextVar

import msgspec

from host.ids import SessionId
from protocol.outgoing import Outgoing
from protocol.waiter import Waiter

Path = tuple[str, ...]

hook_path: ContextVar[Path] = ContextVar("plughost_hook_path", default=())
"""Hooks within which the running task works, outermost first."""

under_way: dict[tuple[SessionId, int | str], Path] = {}
"""Requests that are made within hooks."""


async def answered(outgoing: Outgoing, waiter: Waiter, session: SessionId, path: Path) -> msgspec.Raw:
    """Wait for the answer to a request, which is noted meanwhile. Raises what the waiter does."""
    if not waiter.id:  # all places are taken; it gets its id when it is sent
        waiter.sent = outgoing.loop.create_future()
        try:
            await waiter.sent
        except BaseException:
            outgoing.abandon(waiter)
            raise
    key = (session, waiter.id)
    under_way[key] = path
    try:
        return await waiter
    finally:
        del under_way[key]


def enter(session: SessionId, parent: int | str | None) -> None:
    """Take over the path of the request that a plugin serves while it makes the one that is being served."""
    if under_way and parent is not None:
        path = under_way.get((session, parent))
        if path is not None:
            hook_path.set(path)
