"""Ending: why one session is to end, and how gently.

Owns the rule that the first cause is the one that counts. Anybody may begin it: the operator, the watchdog,
the pings, the wire, the process's own end. Does not end anything: that is the wind-down's.
"""

import anyio

from host.masking import known
from host.process.ladder import Rung
from host.supervision.restart import Cause


class Ending:
    """One session's end, from when it is decided."""

    def __init__(self) -> None:
        self.begun = anyio.Event()
        # What holds where nobody began it and the session's tasks are cancelled.
        self.cause = Cause.HOST
        self.detail = "the host is closing"
        self.first_rung = Rung.CLOSE_STDIN
        self.graceful = False
        """Whether calls under way may end first, and the plugin may unload."""

    def begin(self, cause: Cause, detail: str, first_rung: Rung, *, graceful: bool = False) -> None:
        """Decide it; nothing happens if it was decided before. `first_rung`: where on the ladder to begin."""
        if self.begun.is_set():
            return
        self.cause = cause
        self.detail = known.cleared(detail)
        self.first_rung = first_rung
        self.graceful = graceful
        self.begun.set()

    def sharpen(self) -> None:
        """Skip all grace, also of an end that was begun with it."""
        self.graceful = False
        self.first_rung = Rung.KILL
