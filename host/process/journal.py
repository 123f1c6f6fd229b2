"""Journal: writes living processes into the ledger, and ends those that a killed host left behind.

Only rows of a dead host of the same boot and pid namespace are touched, and only processes that are still
the ones that were written down.
"""

import logging
import os
import signal

from host.ids import PluginId, SessionId
from host.process.identity import boot_id, pid_namespace, start_ticks
from host.process.known import kill_known
from host.process.marked import find_marked
from host.state.ledger import Ledger, LedgerRow

logger = logging.getLogger(__name__)


class Journal:
    """One host's rows in the ledger."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._boot = boot_id()
        self._namespace = pid_namespace()
        self._host_ticks = start_ticks(os.getpid()) or 0

    def opened(self, session: str, plugin: str, pid: int) -> None:
        """Write a started process down."""
        ticks = start_ticks(pid)
        if ticks is None:
            return  # it is gone already, and its end is on its way
        self._ledger.add(
            LedgerRow(
                session=SessionId(session),
                plugin=PluginId(plugin),
                pid=pid,
                start_ticks=ticks,
                host_pid=os.getpid(),
                host_start_ticks=self._host_ticks,
                boot_id=self._boot,
                pid_namespace=self._namespace,
            )
        )

    def closed(self, session: str) -> None:
        """Strike a process out."""
        self._ledger.remove(SessionId(session))

    def sweep(self) -> list[int]:
        """End what dead hosts left; return the pids that were killed."""
        killed: list[int] = []
        left: list[str] = []
        for row in self._ledger.rows():
            if (row.boot_id, row.pid_namespace) == (self._boot, self._namespace):
                if start_ticks(row.host_pid) == row.host_start_ticks:
                    continue
                left.append(row.session)
                if _kill(row):
                    killed.append(row.pid)
            self._ledger.remove(row.session)
        descendants = find_marked(left) if left else []
        survivors = kill_known(descendants)
        killed.extend(one.pid for one in descendants if one.pid not in survivors)
        if killed:
            logger.warning("ended plugins that a killed host left", extra={"fields": {"pids": killed}})
        return killed


def _kill(row: LedgerRow) -> bool:
    pidfd_open = getattr(os, "pidfd_open", None)
    try:
        # The descriptor pins the process: ticks that are read after opening it are this one's.
        fd = pidfd_open(row.pid) if pidfd_open is not None else -1
    except OSError:
        return False
    try:
        if start_ticks(row.pid) != row.start_ticks:
            return False
        try:
            os.killpg(row.pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            os.kill(row.pid, signal.SIGKILL)
        return True
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        if fd >= 0:
            os.close(fd)
