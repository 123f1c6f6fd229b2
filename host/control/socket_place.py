"""Where the control socket of a data folder is. Asked by clients; the server writes what is read here.

It is `control/socket` in the data folder. A path that is too long for the system is replaced by a short one
somewhere else, and the file `control.socket` in the data folder says where.
"""

import os
from pathlib import Path
from typing import Final

FOLDER_NAME: Final = "control"
SOCKET_NAME: Final = "socket"
POINTER_NAME: Final = "control.socket"

MAX_PATH_BYTES: Final = 103
"""Longest path of a socket that every system takes: macOS has room for 103 bytes, Linux for 107."""

_MAX_POINTER_BYTES: Final = 4_096


def own_place(data: Path) -> Path:
    """Return where the socket is unless the path is too long."""
    return data.absolute() / FOLDER_NAME / SOCKET_NAME


def pointer_of(data: Path) -> Path:
    """Return the file that says where the socket is, where it is elsewhere."""
    return data.absolute() / POINTER_NAME


def pointed(data: Path) -> Path | None:
    """Return what that file says; None without one."""
    try:
        with pointer_of(data).open("rb") as file:
            text = file.read(_MAX_POINTER_BYTES).strip()
    except OSError:
        return None
    path = Path(os.fsdecode(text))
    return path if path.is_absolute() else None


def socket_of(data: Path) -> Path:
    """Return where the socket of the host that holds this data folder is; it may not exist."""
    return pointed(data) or own_place(data)


def fits(path: Path) -> bool:
    """Tell whether a socket may have this path."""
    return len(os.fsencode(path)) <= MAX_PATH_BYTES
