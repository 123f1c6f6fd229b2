"""Strays: what ended sessions left behind among the orphans that the warden inherits.

Owns who belongs to which session and when a session counts as gone. Kills, but only the warden's own
children; waits for none of them.
"""

import os
import signal
import time
from collections.abc import Iterable

from plugin_sdk.runtime.processes import boot_time_s, carries, children_of, is_between_programs, stat_of
from protocol.launch import SESSION_MARK, Known, Swept

SWEEP_LIMIT_S = 2.0
"""How long one session's leavings are hunted. Source: behaviour in numbers, *Life*."""

EMPTY_PASSES = 2
"""Passes in a row that must find nothing before a session counts as gone."""


class _Hunt:
    """Leavings of one ended session."""

    def __init__(self, session: str, group: int, known: tuple[Known, ...]) -> None:
        self.session = session
        self.mark = f"{SESSION_MARK}={session}".encode()
        self.group = group
        self.known = {one.pid: one.started_s for one in known}
        self.until = time.monotonic() + SWEEP_LIMIT_S
        self.empty = 0
        self.killed: set[int] = set()


class Strays:
    """The hunts that are under way."""

    def __init__(self) -> None:
        self._hunts: dict[str, _Hunt] = {}
        self._boot_s = boot_time_s()

    @property
    def hunted(self) -> bool:
        """Whether there is anything to do."""
        return bool(self._hunts)

    def hunt(self, session: str, group: int, known: tuple[Known, ...]) -> None:
        """Begin a session's hunt; `group` is its leader's pid, `known` what a sweep saw in its tree."""
        self._hunts[session] = _Hunt(session, group, known)

    def pass_over(self, orphans: Iterable[int]) -> list[Swept]:
        """Kill those of the warden's children that belong to a hunted session; return who is done with."""
        done: list[Swept] = []
        orphans = [*orphans]
        unclear = any(map(is_between_programs, orphans))
        for hunt in [*self._hunts.values()]:
            found = [pid for pid in orphans if self._belongs(pid, hunt)]
            for pid in found:
                # What it leaves comes to us next, and is known by then.
                for child in children_of(pid):
                    hunt.known.setdefault(child, 0.0)
                hunt.killed.add(pid)
                os.kill(pid, signal.SIGKILL)
            hunt.empty = 0 if found or unclear else hunt.empty + 1
            if hunt.empty >= EMPTY_PASSES or time.monotonic() > hunt.until:
                del self._hunts[hunt.session]
                done.append(Swept(hunt.session, len(hunt.killed), tuple(found)))
        return done

    def _belongs(self, pid: int, hunt: _Hunt) -> bool:
        started_s = hunt.known.get(pid)
        if started_s is not None and (started_s == 0.0 or abs(self._started_s(pid) - started_s) < 1.0):
            return True
        fields = stat_of(pid)
        if len(fields) > 3 and hunt.group and int(fields[3]) == hunt.group:
            return True
        return carries(pid, hunt.mark)

    def _started_s(self, pid: int) -> float:
        fields = stat_of(pid)
        return self._boot_s + int(fields[19]) / os.sysconf("SC_CLK_TCK") if len(fields) > 19 else 0.0
