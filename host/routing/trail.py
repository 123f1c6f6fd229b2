"""Trail: which plugins wait for each other in one chain of calls, within which hooks, and their trace.

A call that a plugin makes while it serves one names that one's id; what the host kept with it tells the rest.
A plain call has no trail and costs nothing: it gets one when the first call is made to serve it. Calls,
control calls and hooks keep it with their requests: they are the ways on which one plugin waits for another.
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

    plugins: tuple[str, ...] = ()
    """Each waits for the next one; the last is the one that was called."""
    entered: tuple[str, ...] = ()
    """What each was asked for."""
    hooks: tuple[str, ...] = ()
    """Names of the hooks that are being asked, outermost first, so that none triggers itself."""
    trace: str = ""
    """Id of the trace, in hex; empty until a call is made to serve this one."""
    flags: str = "01"

    def to(self, plugin: str, what: str) -> "Trail":
        """Return the trail of a call into a plugin that serves the last one."""
        return self._replace(plugins=(*self.plugins, plugin), entered=(*self.entered, what))

    def meta(self) -> bytes:
        """Return the `_meta` member that tells the plugin of the trace, if there is one: a span of its own
        for each call.
        """
        if not self.trace:
            return b""
        return b',"traceparent":"00-%b-%b-%b"' % (
            self.trace.encode(),
            os.urandom(8).hex().encode(),
            self.flags.encode(),
        )


def extended(
    sessions: LiveSessions, now: Served | None, plugin: str, what: str, *, own: bool = False
) -> Trail | None:
    """Return the trail of a call that is about to be made while `now` is served, or None if it needs none.

    With `own` a plugin may ask itself, for each thing once; nobody else who waits may be asked.

    Raises:
        CallCycle, CallDepth: It must not be made.
    """
    before = trail_of(sessions, now)
    if before is None:
        return None
    if plugin in before.plugins and not (own and _is_new(before, plugin, what)):
        way = " -> ".join((*before.plugins, plugin))
        raise CallCycle(f"{plugin}.{what} can't be called: {plugin!r} waits for this call already ({way})")
    if len(before.plugins) >= MAX_DEPTH:
        way = " -> ".join((*before.plugins, plugin))
        raise CallDepth(f"{plugin}.{what} can't be called: at most {MAX_DEPTH} plugins may wait ({way})")
    return before.to(plugin, what)


def trail_of(sessions: LiveSessions, now: Served | None) -> Trail | None:
    """Return the trail of the call for which a plugin asked what is served; None: it asked for none."""
    if now is None or now.parent is None:
        return None
    session = sessions.run(now.plugin, now.session)
    outer = None if session is None else session.peer.outgoing.find(now.parent)
    trail = outer.trail if outer is not None else None
    if not isinstance(trail, Trail):
        trail = Trail((now.plugin,), ("" if outer is None else outer.method,))
    if not trail.trace:
        trail = trail._replace(trace=os.urandom(16).hex())
        if outer is not None:
            outer.trail = trail
    if now.traceparent is not None and (own := _TRACEPARENT.match(now.traceparent)):
        # The plugin traces by itself; what it says is passed on.
        trail = trail._replace(trace=own[1], flags=own[2])
    return trail


def _is_new(before: Trail, plugin: str, what: str) -> bool:
    """Tell whether a plugin asks itself for what it is not being asked for already."""
    steps = zip(before.plugins, before.entered, strict=True)
    return before.plugins[-1] == plugin and (plugin, what) not in steps
