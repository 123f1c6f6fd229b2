"""Recording: what a host shows, written to a file as it comes, to be looked at later with `replay`.

Lines of JSON, compressed where the file's name ends in `.gz`: a head, then frames and batches as they are on
the control socket, each with the second of the recording at which it came.
"""

import gzip
import time
import zlib
from collections.abc import Callable, Sequence
from functools import partial
from io import BufferedReader, BufferedWriter
from pathlib import Path
from typing import Any, Final, Literal, cast

import anyio
import msgspec

from host.base_error import PlughostError
from host.control.wire import encode
from host.errors import PluginNotFound, ServiceError, StateError
from host.facade.board import Differ, Frame, topics_of
from host.facade.facade import Facade
from host.facade.pages import ContributionRow, HostPage, WidgetPage
from host.facade.tails import Source, TailQuery
from protocol.version import RELEASE

RECORDING_VERSION: Final = 1

SHOWN_EVERY_S: Final = 5.0
"""How often additions are asked what they show: each question is one to its plugin."""

MAX_SHOWN: Final = 64
"""Additions whose data are recorded."""

SHOWS: Final = ("widget", "section", "tab")

SOURCES: Final[tuple[Source, ...]] = ("logs", "events", "rpc")


class Head(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a recording."""

    plughost_recording: int
    """`RECORDING_VERSION`."""
    release: str
    began_at_s: float
    """Seconds since the epoch."""
    host: HostPage


class ShownPage(msgspec.Struct, frozen=True, kw_only=True):
    """What one addition showed."""

    kind: str
    """Of the addition; `page.kind` is how it is drawn."""
    page: WidgetPage


class Moment(msgspec.Struct, frozen=True, omit_defaults=True):
    """Every other line: a frame, or lines of one source."""

    at_s: float
    """Seconds since the recording began."""
    frame: Frame | None = None
    contributions: tuple[ContributionRow, ...] | None = None
    """What plugins add to user interfaces from now on."""
    shown: tuple[ShownPage, ...] = ()
    """What some of it shows from now on."""
    source: Literal["", "logs", "events", "rpc"] = ""
    lines: list[msgspec.Raw] = []
    dropped: int = 0


async def record(
    facade: Facade,
    file: Path,
    *,
    hz: float = 2.0,
    methods_of: Sequence[str] = (),
    clock: Callable[[], float] = time.monotonic,
    told: Callable[[], None] = lambda: None,
) -> PlughostError | None:
    """Record a host until it goes, and return what it ended with, or until this is cancelled.

    The host, its plugins and problems, and the methods of those plugins that are named; logs, events, calls.
    `told` is called once there is a recording.

    Raises:
        PlughostError: The host can't be followed from the start.
        OSError: The file can't be written.
    """
    page = await facade.host()
    began = clock()
    ended: list[PlughostError] = []
    with _opened(file) as out:

        def write(moment: Moment) -> None:
            out.write(encode(moment) + b"\n")

        async def boards() -> None:
            topics = (*topics_of(), *(topic for plugin in methods_of for topic in topics_of(plugin)[-1:]))
            async with facade.watch(topics, hz=hz) as board:
                differ, epoch = Differ(board.epoch), board.epoch
                while True:
                    if board.epoch != epoch:
                        differ, epoch = Differ(board.epoch), board.epoch
                    if (frame := differ.frame(board.picture, board.at_s)) is not None:
                        write(Moment(clock() - began, frame=frame))
                    await board.moved()

        async def contributions() -> None:
            seen: int | None = None
            rows: tuple[ContributionRow, ...] = ()
            known: dict[tuple[str, str, str], WidgetPage] = {}
            async with facade.watch(["host"], hz=1) as board:
                while True:
                    if board.host is not None and board.host.contributions != seen:
                        seen = board.host.contributions
                        rows = await facade.contributions()
                        write(Moment(clock() - began, contributions=rows))
                    told = await _shown(facade, rows, known)
                    if told:
                        write(Moment(clock() - began, shown=told))
                    with anyio.move_on_after(SHOWN_EVERY_S):
                        while board.host is None or board.host.contributions == seen:
                            await board.moved()

        async def lines(source: Source) -> None:
            async with facade.tail(TailQuery(source=source)) as tail:
                async for batch in tail:
                    texts = [msgspec.Raw(encode(line)) for line in batch.lines]
                    write(Moment(clock() - began, source=source, lines=texts, dropped=batch.dropped))

        head = Head(plughost_recording=RECORDING_VERSION, release=RELEASE, began_at_s=time.time(), host=page)
        out.write(encode(head) + b"\n")
        told()
        async with anyio.create_task_group() as tasks:

            async def until_it_ends(follow: Callable[[], Any]) -> None:
                try:
                    await follow()
                except PlughostError as exc:
                    ended.append(exc)
                    tasks.cancel_scope.cancel()

            tasks.start_soon(until_it_ends, boards)
            tasks.start_soon(until_it_ends, contributions)
            for source in SOURCES:
                tasks.start_soon(until_it_ends, partial(lines, source))
    return ended[0] if ended else None


async def _shown(
    facade: Facade, rows: Sequence[ContributionRow], known: dict[tuple[str, str, str], WidgetPage]
) -> tuple[ShownPage, ...]:
    """Return what additions show that is different from what is known, and keep it there."""
    told: list[ShownPage] = []
    for row in [row for row in rows if row.kind in SHOWS][:MAX_SHOWN]:
        try:
            page = await facade.contribution(row.plugin, row.kind, row.name)
        except (StateError, ServiceError, PluginNotFound):
            # It went, or can't be asked just now: what is recorded of it stays as it was.
            continue
        key = (row.plugin, row.kind, row.name)
        if known.get(key) != page:
            known[key] = page
            told.append(ShownPage(kind=row.kind, page=page))
    return tuple(told)


def _opened(file: Path) -> BufferedWriter:
    if file.name.endswith(".gz"):
        return cast("BufferedWriter", gzip.open(file, "wb"))
    return file.open("wb")


def _reading(file: Path) -> BufferedReader:
    if file.name.endswith(".gz"):
        return cast("BufferedReader", gzip.open(file, "rb"))
    return file.open("rb")


def read_recording(file: Path) -> tuple[Head, list[Moment]]:
    """Return a recording's head and moments; one that was cut off ends where it was cut.

    Raises:
        PlughostError: It is no recording, or one of another version.
        OSError: It can't be read.
    """
    moments: list[Moment] = []
    with _reading(file) as lines:
        try:
            head = msgspec.json.decode(lines.readline(), type=Head)
        except (msgspec.MsgspecError, gzip.BadGzipFile, EOFError, zlib.error) as exc:
            raise _not_one(file, str(exc)) from None
        if head.plughost_recording != RECORDING_VERSION:
            raise _not_one(file, f"it has version {head.plughost_recording}, this is for {RECORDING_VERSION}")
        decode = msgspec.json.Decoder(Moment).decode
        try:
            for line in lines:
                moments.append(decode(line))
        except (msgspec.MsgspecError, EOFError, gzip.BadGzipFile, zlib.error):
            pass  # whoever wrote it was killed in the middle of a line, or it was damaged there
    return head, moments


def _not_one(file: Path, why: str) -> PlughostError:
    return PlughostError(
        f"{file} is no recording that can be played: {why}", remedy="make one with `plughost record`"
    )
