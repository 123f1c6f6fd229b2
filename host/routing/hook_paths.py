"""Hook paths: within which hooks a call is made, so that no hook triggers itself.

A hook asks a plugin; the plugin, while it answers, calls the host or through it another plugin; that may
trigger hooks again. Requests that are made on behalf of a hook are noted here by session and id, as long as
they are under way; what comes back from a plugin names the request that it serves as its parent. While no
hook is being asked nothing is noted.
"""

import msgspec

from host.ids import SessionId
from protocol.waiter import Waiter

Path = tuple[str, ...]
"""Names of hooks, outermost first."""

under_way: dict[tuple[SessionId, int | str], Path] = {}
"""Requests that are made within hooks."""


async def answered(waiter: Waiter, session: SessionId, path: Path) -> msgspec.Raw:
    """Wait for the answer to a request, which is noted meanwhile. Raises what the waiter does."""
    if not waiter.id:  # all places are taken
        await waiter.until_sent()
    key = (session, waiter.id)
    under_way[key] = path
    try:
        return await waiter
    finally:
        del under_way[key]


def path_of(session: SessionId, request: int | str | None) -> Path:
    """Return within which hooks a request that the host made of a session is under way."""
    return () if request is None else under_way.get((session, request), ())
