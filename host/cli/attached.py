"""Attached: how a command reaches a host that runs, and says so where none does.

The host is the one that holds the data folder: that of `--data`, of the settings, or the user's own. Settings
are read only where something may say where it is, because reading them takes longer than asking the host.
"""

import os
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, Final, TypeVar

import anyio
import click

from host.control.attaching import no_sign_of_life
from host.control.client import connect, pid_of
from host.control.socket_place import socket_of
from host.errors import PlughostError
from host.facade.facade import Facade
from host.paths import default_config_folder, default_data_folder

LOOK_EVERY_S: Final = 5.0
"""A host that has not answered for so long is asked for a sign of life,"""

ALIVE_S: Final = 5.0
"""and given up after this."""

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")

Body = Callable[[Facade], Awaitable[_T]]


def host_options(function: _F) -> _F:
    """Give a command the options that say which host it means."""
    for option in (
        click.option("--socket", type=click.Path(), help="Control socket of the host."),
        click.option("--data", type=click.Path(), help="Data folder of the host."),
    ):
        function = option(function)
    return function


def data_folder(data: str | None) -> Path:
    """Return the data folder that is meant."""
    named = data or os.environ.get("PLUGHOST_DATA")
    if named:
        return Path(named).absolute()
    if "PLUGHOST_CONFIG" in os.environ or any(
        (folder / "plughost.toml").is_file() for folder in (Path.cwd(), default_config_folder())
    ):
        from host.cli.hosting import settings_for

        return settings_for(None, {}).data or default_data_folder()
    return default_data_folder()


def place_options(data: str | None, socket: str | None) -> tuple[str, ...]:
    """Return the options that name this host from wherever; none where it is the default one."""
    if socket is not None:
        return ("--socket", str(Path(socket).absolute()))
    folder = data_folder(data)
    return () if folder == default_data_folder() else ("--data", str(folder))


def attach(data: str | None, socket: str | None, name: str) -> AbstractAsyncContextManager[Facade]:
    """Connect to the host, as the command `name`."""
    where = None if socket is None else Path(socket).absolute()
    return connect(None if where else data_folder(data), where, client=f"plughost {name}")


def is_running(data: str | None, socket: str | None = None) -> bool:
    """Tell whether there seems to be a host to ask."""
    return socket is not None or socket_of(data_folder(data)).exists()


def ask(body: Body[_T], *, data: str | None, socket: str | None, name: str) -> _T:
    """Run `body` with the host's facade; return what it returns."""

    async def run() -> _T:
        async with attach(data, socket, name) as facade:
            return await _answered(facade, body)

    return anyio.run(run)


async def _answered(facade: Facade, body: Body[_T]) -> _T:
    """Return what `body` returns. Raises NoAnswer where the host gives no sign of life meanwhile."""
    outcome: list[_T] = []
    error: list[BaseException] = []
    silent = False
    async with anyio.create_task_group() as tasks:

        async def listen() -> None:
            nonlocal silent
            # Nobody tells of silence.
            while await _is_alive(facade):  # noqa: ASYNC110
                await anyio.sleep(LOOK_EVERY_S)
            silent = True
            tasks.cancel_scope.cancel()

        async def work() -> None:
            try:
                outcome.append(await body(facade))
            except Exception as exc:  # noqa: BLE001 - raised below, where no group wraps it
                error.append(exc)
            tasks.cancel_scope.cancel()

        tasks.start_soon(work)
        await anyio.sleep(LOOK_EVERY_S)
        await listen()
    if error:
        raise error[0]
    if silent:
        raise no_sign_of_life(pid_of(facade))
    return outcome[0]


async def _is_alive(facade: Facade) -> bool:
    with anyio.move_on_after(ALIVE_S) as limit:
        try:
            await facade.prompts()
        except PlughostError:
            return True  # the connection is gone; whoever asked something hears of it
    return not limit.cancelled_caught
