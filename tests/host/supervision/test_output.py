"""Stderr: what is kept, at what pace it is read, and what is still read after the end."""

import logging
import os
from collections.abc import Iterator

import anyio
import pytest

from host.ids import PluginId
from host.masking import KnownSecrets
from host.observe.axis import Axis
from host.observe.track import Track
from host.supervision import output
from host.supervision.output import BURST_LINES, KEPT_LINES, MAX_LINE_BYTES, PluginLog, Stderr


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    """A pipe whose writing end never blocks; the reading end is the reader's to close."""
    read_fd, write_fd = os.pipe()
    os.set_blocking(write_fd, False)
    yield read_fd, write_fd
    os.close(write_fd)


def _log() -> PluginLog:
    return PluginLog(PluginId("reports"), lambda: 0.0, _track())


def _track() -> Track:
    return Track(PluginId("reports"), Axis(), lambda _track, _at_once: None)


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


def test_lines_beyond_the_rate_are_counted_and_the_count_is_said_without_a_further_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    now = 0.0
    track = _track()
    log = PluginLog(PluginId("reports"), lambda: now, track)
    for number in range(BURST_LINES + 7):
        log.write(logging.INFO, f"line {number}")
    log.settle()
    assert log.dropped == 7
    now = 1.0
    log.settle()
    log.settle()
    told = [record for record in caplog.records if record.message == "log lines were left out"]
    assert [vars(record)["fields"] for record in told] == [{"lines": 7}]
    assert track.unwritten().lines[-1].text == 'log lines were left out  {"lines":7}'


def test_what_was_left_out_is_said_at_the_end_at_the_latest() -> None:
    track = _track()
    log = PluginLog(PluginId("reports"), lambda: 0.0, track)
    for _ in range(BURST_LINES + 1):
        log.write(logging.INFO, "again")
    log.settle(end=True)
    assert "left out" in track.unwritten().lines[-1].text


def test_a_long_line_counts_as_many() -> None:
    log = _log()
    for _ in range(BURST_LINES):
        log.write(logging.INFO, "x" * 16_384)
    assert log.dropped > BURST_LINES * 0.9


def test_secrets_are_masked_in_lines_fields_exceptions_and_what_is_kept_of_stderr(
    pipe: tuple[int, int], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    secrets = KnownSecrets()
    secrets.learn(["hunter2"])
    monkeypatch.setattr(output, "known", secrets)
    track = _track()
    track.mask = secrets.cleared
    log = PluginLog(PluginId("reports"), lambda: 0.0, track)
    log.write(
        logging.ERROR, "login hunter2", {"deep": [{"hunter2": "a hunter2"}]}, exception="Error: hunter2"
    )
    log.say(logging.WARNING, "it said hunter2")
    stderr = Stderr(pipe[0], log, lambda _: 0.0)
    os.write(pipe[1], b"key=hunter2\n" + b"x" * (MAX_LINE_BYTES - 3) + b"hunter2\nand hunter2")
    stderr.read_rest()
    assert stderr.tail()[0] == "key=•••"
    assert stderr.tail()[1].startswith("xxx")
    assert "hun" not in stderr.tail()[1]
    assert stderr.tail()[2] == "and •••"
    stderr.close()
    everything = repr([vars(record) for record in caplog.records]) + repr(track.unwritten())
    assert "hunter2" not in everything
    assert "•••" in everything


def test_lines_below_the_plugins_level_are_left_out_and_not_counted() -> None:
    track = _track()
    track.level = logging.WARNING
    log = PluginLog(PluginId("reports"), lambda: 0.0, track)
    log.write(logging.INFO, "quiet")
    log.write(logging.WARNING, "loud")
    assert [line.text for line in track.unwritten().lines] == ["loud"]
    assert log.dropped == 0
