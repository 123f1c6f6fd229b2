"""`plughost ps --watch`: the plugins of a running host again and again, until interrupted.

In place on a terminal; elsewhere a table, or a line of JSON, for each picture that is different.
"""

import signal
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack

import anyio

from host.cli.attached import ask
from host.cli.chosen import by_filter
from host.cli.exit_codes import ExitCode
from host.cli.picture import Picture, is_terminal
from host.errors import PlughostError
from host.facade.board import Board
from host.facade.facade import Facade
from host.facade.figures import clock
from host.facade.rows import PLUGINS, PROBLEMS, PluginRow

Lines = Callable[[Sequence[PluginRow]], Sequence[str]]
Say = Callable[[Sequence[PluginRow]], None]


def watch(
    say: Say, lines: Lines | None, *, every_s: float, wanted: str | None, data: str | None, socket: str | None
) -> ExitCode:
    """Show the rows that the filter takes, each `every_s` seconds at most, until SIGINT or SIGTERM.

    With `lines` they are drawn on a terminal; where there is none, and without it, `say` prints them.
    """

    async def body(facade: Facade) -> None:
        error: PlughostError | None = None
        async with anyio.create_task_group() as tasks:

            async def interrupted() -> None:
                with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
                    await anext(aiter(signals))
                    tasks.cancel_scope.cancel()

            tasks.start_soon(interrupted)
            try:
                await _show(facade, say, lines, every_s, wanted)
            except PlughostError as exc:
                error = exc
                tasks.cancel_scope.cancel()
        if error is not None:
            raise error

    # A filter that can't be read is told before a host is asked, and before a screen is taken.
    by_filter((), wanted)
    try:
        ask(body, data=data, socket=socket, name="ps --watch")
    except KeyboardInterrupt:
        pass  # before anybody listened for it
    return ExitCode.OK


async def _show(facade: Facade, say: Say, lines: Lines | None, every_s: float, wanted: str | None) -> None:
    topics = (PLUGINS, PROBLEMS) if wanted else (PLUGINS,)
    async with facade.watch(topics, hz=1 / every_s) as board:
        with ExitStack() as stack:
            if lines is not None and is_terminal():
                picture = stack.enter_context(Picture())
                while True:
                    rows = _rows(board, wanted)
                    picture.show((_head(rows, board), *lines(rows)))
                    # Drawn anew though nothing moved: ages grow by themselves.
                    with anyio.move_on_after(every_s):
                        await board.moved()
        told: list[PluginRow] | None = None
        while True:
            await board.moved()
            if (rows := _rows(board, wanted)) != told:
                say(rows)
                told = rows


def _rows(board: Board, wanted: str | None) -> list[PluginRow]:
    known = board.plugins()
    return by_filter([known[plugin] for plugin in sorted(known)], wanted, board.problems().values())


def _head(rows: Sequence[PluginRow], board: Board) -> str:
    known = len(board.plugins())
    shown = str(known) if len(rows) == known else f"{len(rows)} of {known}"
    return f"{shown} plugin{'' if known == 1 else 's'}  {clock(time.time())}  Ctrl-C ends"
