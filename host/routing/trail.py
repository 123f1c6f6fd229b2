"""Trail: which plugins wait for each other in one chain of calls, and the trace that they share.

A call that a plugin makes while it serves one names that one's id; what the host kept with it tells the rest.
A plain call has no trail and costs nothing: it gets one when the first call is made to serve it.
"""

import os
import re
from typing import Final, NamedTuple

from host.errors import CallCycle, CallDepth
from host.facade import LiveSessions
from host.routing.serving import Served

MAX_DEPTH: Final = 16
"""Plugins in one chain that wait for each other."""

_TRACEPARENT: Final = re.compile(r"00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})\Z")


class Trail(NamedTuple):
    """What is kept with a call."""

    plugins: tuple[str, ...]
    """Each waits for the next one; the last is the one that was called."""
    trace: str
    """Id of the trace, in hex."""
    flags: str

    def meta(self) -> bytes:
        """Return the `_meta` member that tells the plugin of the trace: a span of its own for each call."""
        return b',"traceparent":"00-%b-%b-%b"' % (
            self.trace.encode(),
            os.urandom(8).hex().encode(),
            self.flags.encode(),
        )


def extended(sessions: LiveSessions, now: Served | None, plugin: str, method: str) -> Trail | None:
    """Return the trail of a call that is about to be made while `now` is served, or None if it needs none.

    Raises:
        CallCycle, CallDepth: It must not be made.
    """
    if now is None or now.parent is None:
        return None
    before = _trail_of(sessions, now)
    if plugin in before.plugins:
        way = " -> ".join((*before.plugins, plugin))
        raise CallCycle(f"{plugin}.{method} can't be called: {plugin!r} waits for this call already ({way})")
    if len(before.plugins) >= MAX_DEPTH:
        way = " -> ".join((*before.plugins, plugin))
        raise CallDepth(f"{plugin}.{method} can't be called: at most {MAX_DEPTH} plugins may wait ({way})")
    return before._replace(plugins=(*before.plugins, plugin))


def _trail_of(sessions: LiveSessions, now: Served) -> Trail:
    session = sessions.run(now.plugin, now.session)
    outer = None
    if session is not None and now.parent is not None:
        outer = session.peer.outgoing.find(now.parent)
    trail = outer.trail if outer is not None else None
    if not isinstance(trail, Trail):
        trail = Trail((now.plugin,), os.urandom(16).hex(), "01")
        if outer is not None:
            outer.trail = trail
    if now.traceparent is not None and (own := _TRACEPARENT.match(now.traceparent)):
        # The plugin traces by itself; what it says is passed on.
        trail = trail._replace(trace=own[1], flags=own[2])
    return trail
