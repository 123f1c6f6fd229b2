"""Stderr: what is kept, at what pace it is read, and what is still read after the end."""

import os
from collections.abc import Iterator

import anyio
import pytest

from host.ids import PluginId
from host.supervision.output import KEPT_LINES, MAX_LINE_BYTES, PluginLog, Stderr


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe whose writing end never blocks; the reading end is the reader's to close."""
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    yield read_fd, write_fd
    os.close(write_fd)


def _log() -> PluginLog:
    return PluginLog(PluginId("reports"), lambda: 0.0)


def _fill(fd: int, block: bytes) -> int:
    """Write until the pipe takes no more; return how many bytes it took."""
    taken = 0
    while True:
        try:
            taken += os.write(fd, block)
        except BlockingIOError:
            return taken


async def test_a_flood_waits_for_as_long_as_its_charge_says(pipe: tuple[int, int]) -> None:
    charged = anyio.Event()

    def charge(seconds: float) -> float:
        assert seconds > 0.0
        charged.set()
        return 3_600.0

    stderr = Stderr(pipe[0], _log(), charge)
    _fill(pipe[1], b"again\n")
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stderr.run)
        with anyio.fail_after(5):
            await charged.wait()
        _fill(pipe[1], b"again\n")
        await anyio.wait_all_tasks_blocked()
        assert _fill(pipe[1], b"again\n") == 0
        tasks.cancel_scope.cancel()
    stderr.close()


async def test_what_was_written_before_the_end_is_read_though_a_writer_is_left(pipe: tuple[int, int]) -> None:
    stderr = Stderr(pipe[0], _log(), lambda _: 0.0)
    os.write(pipe[1], b"the last words\nand half")
    stderr.read_rest()
    assert stderr.tail() == ("the last words", "and half")
    stderr.close()


async def test_the_last_lines_are_kept_and_long_ones_are_cut(pipe: tuple[int, int]) -> None:
    stderr = Stderr(pipe[0], _log(), lambda _: 0.0)
    for number in range(KEPT_LINES + 10):
        os.write(pipe[1], b"line %d\n" % number)
    os.write(pipe[1], b"x" * (MAX_LINE_BYTES + 1) + b"\n")
    stderr.close()
    tail = stderr.tail()
    assert len(tail) == KEPT_LINES
    assert tail[0] == "line 11"
    assert len(tail[-1]) == MAX_LINE_BYTES


async def test_a_closed_reader_reads_nothing_more(pipe: tuple[int, int]) -> None:
    stderr = Stderr(pipe[0], _log(), lambda _: 0.0)
    stderr.close()
    stderr.read_rest()
    stderr.close()
    assert stderr.tail() == ()
