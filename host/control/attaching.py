"""How a client gets to a host: finds its socket, connects, says hello. Each way to fail has its own words."""

import asyncio
import os
import socket
from pathlib import Path
from typing import Final

import msgspec

from host.control import wire
from host.control.client_link import ClientLink
from host.control.peer_credentials import is_trusted, read_peer
from host.control.socket_place import MAX_PATH_BYTES, fits, socket_of
from host.control.wire import CONTROL_VERSION, Welcome, encode
from host.errors import Denied, NoAnswer, NoHost, PlughostError, SettingsError
from host.paths import default_data_folder

HELLO_S: Final = 5.0
"""How long a host may take to answer a client that attaches."""

_WITH_DATA: Final = " with the data folder "


async def attach(
    data: Path | None, path: Path | None, client: str, *, read_only: bool
) -> tuple[ClientLink, Welcome, Path]:
    """Return a connection on which hello was said, what the host said, and the socket's path.

    Raises:
        NoHost: Nobody is there. NoAnswer: Somebody is, and does not answer.
        Denied: It may not be used by this user, or by this program.
        ProtocolFault: The two sides speak different versions.
    """
    if path is None:
        data = data or default_data_folder()
        path = socket_of(data)
    link = await _connected(path, _where(data, path))
    try:
        async with asyncio.timeout(HELLO_S):
            said = {"client": client, "protocol": CONTROL_VERSION, "read_only": read_only}
            welcome = msgspec.json.decode(await link.request(wire.HELLO, encode(said)), type=Welcome)
    except TimeoutError:
        link.close()
        raise no_sign_of_life(_listening_pid(link), socket=str(path)) from None
    except msgspec.MsgspecError as exc:
        link.close()
        raise NoHost(f"what listens on {path} is no host of Plughost's: {exc}", socket=str(path)) from None
    except BaseException:
        link.close()
        raise
    return link, welcome, path


def no_sign_of_life(pid: int | None, **members: str) -> NoAnswer:
    """Return the error of a host that is there and does not answer."""
    if pid is None:
        return NoAnswer("the host does not answer", remedy="end it, and start it anew", **members)
    return NoAnswer(
        f"the host, process {pid}, does not answer",
        remedy=f"see what holds it up (stopped? `kill -CONT {pid}`), or end it (`kill {pid}`, then "
        f"`kill -9 {pid}`) and start it anew; its plugins end with it",
        **members,
        pid=str(pid),
    )


def _listening_pid(link: ClientLink) -> int | None:
    try:
        return read_peer(link.socket).pid if link.socket is not None else None
    except OSError:
        return None


async def _connected(path: Path, where: str) -> ClientLink:
    loop = asyncio.get_running_loop()
    try:
        _transport, link = await loop.create_unix_connection(ClientLink, str(path))
    except OSError as exc:
        raise _no_way(path, where, exc) from exc
    connected: socket.socket = _transport.get_extra_info("socket")
    try:
        uid = read_peer(connected).uid
    except OSError:
        return link  # it is gone already, or the system does not tell; hello will show
    if os.geteuid() != 0 and not is_trusted(uid):
        link.close()
        raise Denied(
            f"the control socket {path} is served by user {uid}, who is neither you nor root",
            remedy="see who made it; a host of your own listens in your own data folder",
            socket=str(path),
        )
    return link


def _no_way(path: Path, where: str, exc: OSError) -> PlughostError:
    socket_text = str(path)
    match exc:
        case FileNotFoundError() | NotADirectoryError():
            return NoHost(
                f"no host runs{where}: there is no socket {path}",
                remedy="start one with `plughost run`, or name the data folder that it has (--data)",
                socket=socket_text,
            )
        case ConnectionRefusedError():
            return NoHost(
                f"no host runs{where}: the one that made the socket {path} is gone",
                remedy="start one with `plughost run`",
                socket=socket_text,
            )
        case PermissionError():
            return Denied(
                f"user {os.geteuid()} may not use the control socket {path}",
                remedy="run this as the user that runs the host, or as root",
                socket=socket_text,
            )
        case BlockingIOError():
            return NoHost(
                f"the host{where} takes no connection now: too many wait on {path}",
                remedy="try again; if it stays so, the host hangs",
                socket=socket_text,
            )
        case _ if not fits(path) and where.startswith(_WITH_DATA):
            # A host that has such a folder says in it where its socket is.
            return NoHost(
                f"no host runs{where}",
                remedy="start one with `plughost run`, or name the data folder that it has (--data)",
                socket=socket_text,
            )
        case _ if not fits(path):
            return SettingsError(
                f"the path of the socket has {len(os.fsencode(path))} bytes, a socket's may have "
                f"{MAX_PATH_BYTES}: {path}",
                remedy="name the data folder instead; the host says in it where its socket is",
                socket=socket_text,
            )
        case _:
            return NoHost(
                f"the control socket {path} can't be used: {exc.strerror or exc}",
                remedy="see that it is the socket of a host",
                socket=socket_text,
            )


def _where(data: Path | None, path: Path) -> str:
    return f"{_WITH_DATA}{data}" if data is not None else f" at {path}"
