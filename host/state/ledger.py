"""The ledger of living processes: what the next host needs to end what a killed one left behind.

Owns `run/<session>.json` in the data folder, storage only. Looks no process up: that is `host.process`.
"""

import logging
import re
from pathlib import Path

import msgspec

from host.ids import PluginId, SessionId
from host.state.atomic import remove_leftovers, write_atomic

_log = logging.getLogger(__name__)
_SESSION = re.compile(r"[A-Za-z0-9_-]{1,64}")


class LedgerRow(msgspec.Struct, frozen=True):
    """One process, and the host that started it, in terms that outlive a reused pid."""

    session: SessionId
    plugin: PluginId
    pid: int
    start_ticks: int
    """Field 22 of /proc/PID/stat as it stands there; the start in milliseconds where there is no /proc."""
    host_pid: int
    host_start_ticks: int
    boot_id: str
    pid_namespace: str


class Ledger:
    """One small file for each living process.

    Nothing here waits for the disk: a row means nothing after the machine went down, and without that the
    calls are short enough for the event loop.
    """

    def __init__(self, data_folder: Path, *, ephemeral: bool = False) -> None:
        """`ephemeral`: the folder goes with this host, so there is no next one that rows could speak to."""
        self._ephemeral = ephemeral
        self._folder = data_folder / "run"
        self._folder.mkdir(mode=0o700, exist_ok=True)
        remove_leftovers(self._folder)

    def add(self, row: LedgerRow) -> None:
        """Write a row, in place of the session's earlier one."""
        path = self._path(row.session)
        if not self._ephemeral:
            write_atomic(path, msgspec.json.encode(row), durable=False)

    def remove(self, session: SessionId) -> None:
        """Remove a session's row; it need not be there."""
        path = self._path(session)
        if not self._ephemeral:
            path.unlink(missing_ok=True)

    def rows(self) -> list[LedgerRow]:
        """Return every row, ordered by session; a file that is none is removed."""
        rows: list[LedgerRow] = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                row = msgspec.json.decode(path.read_bytes(), type=LedgerRow)
                if row.session != path.stem:
                    raise ValueError(f"it speaks of session {row.session!r}")
            except FileNotFoundError:
                continue
            except (OSError, ValueError, RecursionError) as exc:  # msgspec's errors are ValueErrors
                _log.warning(
                    "a row of the ledger can't be read and was removed",
                    extra={"fields": {"file": path.name, "fault": str(exc)}},
                )
                path.unlink(missing_ok=True)
            else:
                rows.append(row)
        return rows

    def _path(self, session: SessionId) -> Path:
        if not _SESSION.fullmatch(session):
            raise ValueError(f"{session!r} is not a session's id")
        return self._folder / f"{session}.json"
