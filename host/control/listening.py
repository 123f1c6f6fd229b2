"""The socket that the server listens on: its folder, its rights, and what a dead host left behind.

Called by the server once. Clients find it by `socket_place`.
"""

import contextlib
import logging
import os
import shutil
import socket
import stat
import tempfile
from pathlib import Path
from typing import Final

from host.control.socket_place import SOCKET_NAME, fits, own_place, pointed, pointer_of
from host.errors import AlreadyRunning, SettingsError

logger = logging.getLogger(__name__)

BACKLOG: Final = 64
_ELSEWHERE: Final = "plughost-control-"
_SHORT: Final = Path("/tmp")


class Listening:
    """A socket that is listened on."""

    def __init__(self, listener: socket.socket, path: Path, data: Path) -> None:
        self.listener = listener
        self.path = path
        self._data = data
        self._inode = path.lstat().st_ino

    def close(self) -> None:
        """Stop listening and remove it; that of another host which took its place is let be."""
        self.listener.close()
        with contextlib.suppress(OSError):
            if self.path.lstat().st_ino == self._inode:
                self.path.unlink()
                if self.path != own_place(self._data):
                    pointer_of(self._data).unlink(missing_ok=True)
                    self.path.parent.rmdir()


def listen_in(data: Path) -> Listening:
    """Listen in a data folder, which the caller holds the lock of.

    Raises:
        AlreadyRunning: Another host answers there.
        SettingsError: The folder can't be used for it.
    """
    try:
        _clear_elsewhere(data)
        path = own_place(data)
        if fits(path):
            _private_folder(path.parent)
        else:
            path = _elsewhere()
            _point(data, path)
            logger.info(
                "the path of the control socket was too long; it is elsewhere",
                extra={"fields": {"socket": str(path)}},
            )
        return Listening(_listen_at(path), path, data)
    except OSError as exc:
        raise SettingsError(
            f"the control socket can't be made in {data}: {exc.strerror or exc}",
            remedy="give the host a data folder of its own on a local disk, or switch the control socket off",
            folder=str(data),
        ) from exc


def _listen_at(path: Path) -> socket.socket:
    if is_answering(path):
        raise AlreadyRunning(f"another host answers on the control socket {path}", socket=str(path))
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # It listens before it has its name, so that whoever finds it is answered.
        beside = path.with_name(".new")
        beside.unlink(missing_ok=True)
        listener.setblocking(False)
        listener.bind(str(beside))
        try:
            beside.chmod(0o600)
            listener.listen(BACKLOG)
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except BaseException:
        listener.close()
        raise
    return listener


def is_answering(path: Path) -> bool:
    """Tell whether somebody listens there. Raises OSError where the path is something else."""
    if not path.exists():
        return False
    if not stat.S_ISSOCK(path.lstat().st_mode):
        raise FileExistsError(None, f"{path} is not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial:
        trial.setblocking(False)
        try:
            trial.connect(str(path))
        except BlockingIOError:
            return True  # its queue is full
        except (ConnectionRefusedError, FileNotFoundError):
            return False
    return True


def _private_folder(folder: Path) -> None:
    """Make a folder that only this user enters, or see that it is one."""
    folder.mkdir(mode=0o700, exist_ok=True)
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if os.fstat(opened).st_uid != os.geteuid():
            raise PermissionError(None, f"{folder} belongs to somebody else")
        os.fchmod(opened, 0o700)
    finally:
        os.close(opened)


def _elsewhere() -> Path:
    """Return a short path in a folder that only this user enters."""
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), str(_SHORT)):
        if base and fits(Path(base) / f"{_ELSEWHERE}12345678" / SOCKET_NAME):
            try:
                return Path(tempfile.mkdtemp(prefix=_ELSEWHERE, dir=base)) / SOCKET_NAME
            except OSError:
                continue
    raise FileNotFoundError(None, "no folder with a short path can be written to")


def _point(data: Path, path: Path) -> None:
    pointer = pointer_of(data)
    beside = pointer.with_name(f".{pointer.name}.{os.getpid()}")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.fsencode(path) + b"\n")
    beside.replace(pointer)


def _clear_elsewhere(data: Path) -> None:
    """Remove what a host that died had elsewhere. Raises AlreadyRunning where it lives."""
    path = pointed(data)
    if path is None:
        pointer_of(data).unlink(missing_ok=True)
        return
    with contextlib.suppress(OSError):
        if is_answering(path):
            raise AlreadyRunning(f"another host answers on the control socket {path}", socket=str(path))
        folder = path.parent
        if folder.name.startswith(_ELSEWHERE) and folder.lstat().st_uid == os.geteuid():
            shutil.rmtree(folder, ignore_errors=True)
    pointer_of(data).unlink(missing_ok=True)
