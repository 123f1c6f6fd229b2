"""Who is at the other end of a Unix socket, as the kernel says it."""

import os
import socket
import struct
from dataclasses import dataclass
from typing import Final

_UCRED: Final = struct.Struct("3i")
"""Linux: pid, uid and gid."""
_XUCRED: Final = struct.Struct("=IIh2x16I")
"""macOS: version, uid, count of groups, groups."""
_SOL_LOCAL: Final = 0
_LOCAL_PEERCRED: Final = 1
_LOCAL_PEERPID: Final = 2


@dataclass(frozen=True, slots=True)
class PeerCredentials:
    """Those of the process that made the connection, at that moment."""

    uid: int
    pid: int | None
    """None where the system does not tell, or where the process is in a namespace that can't be seen."""

    def __str__(self) -> str:
        """Return them as the audit shows them."""
        return f"uid {self.uid}, pid {'unknown' if self.pid is None else self.pid}"


def read_peer(connected: socket.socket) -> PeerCredentials:
    """Return who is at the other end. Raises OSError where the connection is gone or nobody can tell."""
    option: int | None = getattr(socket, "SO_PEERCRED", None)
    if option is not None:
        pid, uid, _gid = _UCRED.unpack(connected.getsockopt(socket.SOL_SOCKET, option, _UCRED.size))
        return PeerCredentials(uid, pid if pid > 0 else None)
    found = connected.getsockopt(_SOL_LOCAL, _LOCAL_PEERCRED, _XUCRED.size)
    uid = struct.unpack_from("=II", found)[1]
    pid = connected.getsockopt(_SOL_LOCAL, _LOCAL_PEERPID)
    return PeerCredentials(uid, pid if pid > 0 else None)


def is_trusted(uid: int) -> bool:
    """Tell whether this user may be at the other end: ours, or the one who may do everything anyway."""
    return uid in (os.geteuid(), 0)
