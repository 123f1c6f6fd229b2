"""Bytes in and out of real pipes."""

import asyncio
import errno
import fcntl
import os
import socket
from collections.abc import AsyncIterator, Callable

import pytest
from anyio.lowlevel import checkpoint

from protocol import pipe as pipe_module
from protocol.pipe import BIG_READ_BYTES, FLUSH_MESSAGES, Pipe

LOW_WATER_BYTES = 1_000


class Wire:
    """A pipe under test, and the raw other ends of it."""

    def __init__(self) -> None:
        self.far_read, write_fd = os.pipe()
        read_fd, self.far_write = os.pipe()
        self.received = bytearray()
        self.on_data: Callable[[bytes], None] = self.received.extend
        self.ends: list[OSError | None] = []
        self.pipe = Pipe(
            asyncio.get_running_loop(),
            read_fd,
            write_fd,
            on_data=lambda data: self.on_data(data),
            on_end=self.ends.append,
            low_water_bytes=LOW_WATER_BYTES,
        )
        os.set_blocking(self.far_read, False)

    def sent(self) -> bytes:
        """Return what reached the other end by now."""
        try:
            return os.read(self.far_read, 10_000_000)
        except BlockingIOError:
            return b""

    def swallow(self) -> None:
        """Make room."""
        self.sent()

    def close(self) -> None:
        self.pipe.close()
        for fd in (self.far_read, self.far_write):
            if fd >= 0:
                os.close(fd)


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    one = Wire()
    yield one
    one.close()


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await checkpoint()


async def test_a_lone_write_leaves_at_once(wire: Wire) -> None:
    wire.pipe.write(b"a\n", True)
    assert wire.sent() == b"a\n"
    assert wire.pipe.buffered == 0


async def test_other_writes_leave_together_at_the_end_of_the_turn(wire: Wire) -> None:
    wire.pipe.write(b"a")
    wire.pipe.write(b"b", True)
    assert wire.sent() == b""
    assert wire.pipe.buffered == 2
    await checkpoint()
    assert wire.sent() == b"ab"
    assert wire.pipe.buffered == 0


async def test_a_full_queue_does_not_wait_for_the_end_of_the_turn(wire: Wire) -> None:
    for _ in range(FLUSH_MESSAGES):
        wire.pipe.write(b"x")
    assert wire.sent() == b"x" * FLUSH_MESSAGES


async def test_partial_writes_keep_the_order_and_lose_nothing(wire: Wire) -> None:
    messages = [bytes([65 + i % 26]) * (1 + 7_919 * i % 300_000) for i in range(60)]
    for message in messages:
        wire.pipe.write(message, True)
    received = bytearray()

    def all_there() -> bool:
        received.extend(wire.sent())
        return len(received) == sum(map(len, messages))

    assert wire.pipe.buffered > 0
    await until(all_there)
    assert bytes(received) == b"".join(messages)
    assert wire.pipe.buffered == 0


async def test_what_is_written_while_a_big_frame_leaves_comes_behind_it(wire: Wire) -> None:
    big = b"a" * (4 * BIG_READ_BYTES)
    wire.pipe.write(big, True)
    received = bytearray()
    small = 0

    def all_there() -> bool:
        nonlocal small
        if small < 100:
            small += 1
            wire.pipe.write(b"b")
        received.extend(wire.sent())
        return len(received) == len(big) + 100

    await until(all_there)
    assert bytes(received) == big + b"b" * 100
    assert wire.pipe.buffered == 0


async def test_a_big_frame_that_leaves_whole_lets_the_next_ones_follow(wire: Wire) -> None:
    fcntl.fcntl(wire.far_read, fcntl.F_SETPIPE_SZ, 2 * BIG_READ_BYTES)
    wire.pipe.write(b"a" * BIG_READ_BYTES)
    wire.pipe.write(b"b")
    received = bytearray()

    def all_there() -> bool:
        received.extend(wire.sent())
        return len(received) == BIG_READ_BYTES + 1

    await until(all_there)
    assert received.endswith(b"ab")


async def test_a_reader_that_closes_is_told_once_and_later_writes_are_dropped(wire: Wire) -> None:
    os.close(wire.far_read)
    wire.far_read = -1
    wire.pipe.write(b"a", True)
    assert wire.pipe.broken
    await until(lambda: wire.ends)
    (end,) = wire.ends
    assert isinstance(end, OSError)
    assert end.errno == errno.EPIPE
    wire.pipe.write(b"b", True)
    assert wire.pipe.buffered == 0


async def test_after_a_broken_write_reading_goes_on_and_its_end_is_not_told_again(wire: Wire) -> None:
    wire.pipe.start()
    os.close(wire.far_read)
    wire.far_read = -1
    wire.pipe.write(b"a", True)
    os.write(wire.far_write, b"last words")
    os.close(wire.far_write)
    wire.far_write = -1
    await until(lambda: wire.received == bytearray(b"last words"))
    await until(lambda: not wire.pipe._reading)
    assert len(wire.ends) == 1


async def test_a_writer_that_closes_is_the_end(wire: Wire) -> None:
    wire.pipe.start()
    os.write(wire.far_write, b"abc")
    os.close(wire.far_write)
    wire.far_write = -1
    await until(lambda: wire.ends)
    assert wire.received == bytearray(b"abc")
    assert wire.ends == [None]


async def test_a_reset_connection_is_the_end_with_its_reason() -> None:
    near, far = socket.socketpair()
    ends: list[OSError | None] = []
    fd = near.detach()
    pipe = Pipe(
        asyncio.get_running_loop(),
        fd,
        fd,
        on_data=lambda _data: None,
        on_end=ends.append,
        low_water_bytes=LOW_WATER_BYTES,
    )
    pipe.write(b"never read", True)
    far.close()
    pipe.start()
    await until(lambda: ends)
    assert isinstance(ends[0], ConnectionResetError)
    pipe.close()


async def test_drained_waits_until_the_other_side_has_read_most(wire: Wire) -> None:
    wire.pipe.write(b"x" * 500_000, True)
    async with asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(wire.pipe.drained())
        await checkpoint()
        assert not waiting.done()
        await until(lambda: (wire.swallow(), waiting.done())[1])
    assert wire.pipe.buffered <= LOW_WATER_BYTES


async def test_drained_returns_at_once_while_little_is_queued(wire: Wire) -> None:
    wire.pipe.write(b"x")
    await wire.pipe.drained()
    assert wire.pipe.buffered == 1


async def test_drained_ends_when_the_reader_closes(wire: Wire) -> None:
    wire.pipe.write(b"x" * 500_000, True)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        tasks.create_task(wire.pipe.drained())
        await checkpoint()
        os.close(wire.far_read)
        wire.far_read = -1
    assert wire.pipe.broken


async def test_a_cancelled_wait_for_room_disturbs_nobody(wire: Wire) -> None:
    wire.pipe.write(b"x" * 500_000, True)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        one = tasks.create_task(wire.pipe.drained())
        other = tasks.create_task(wire.pipe.drained())
        await checkpoint()
        one.cancel()
        await until(lambda: (wire.swallow(), other.done())[1])
    assert one.cancelled()


async def test_a_paused_pipe_reads_nothing_until_it_is_resumed(wire: Wire) -> None:
    wire.pipe.start()
    wire.pipe.pause()
    wire.pipe.pause()
    os.write(wire.far_write, b"abc")
    for _ in range(5):
        await checkpoint()
    assert not wire.received
    wire.pipe.resume()
    await until(lambda: wire.received == bytearray(b"abc"))


async def test_two_reasons_to_pause_must_both_be_gone(wire: Wire) -> None:
    wire.pipe.start()
    wire.pipe.pause("one")
    wire.pipe.pause("other")
    os.write(wire.far_write, b"abc")
    wire.pipe.resume("one")
    wire.pipe.resume("one")
    for _ in range(5):
        await checkpoint()
    assert not wire.received
    wire.pipe.resume("other")
    await until(lambda: wire.received == bytearray(b"abc"))


async def test_pausing_before_the_start_and_after_the_end_does_nothing(wire: Wire) -> None:
    wire.pipe.pause()
    wire.pipe.start()
    os.write(wire.far_write, b"abc")
    await until(lambda: wire.received == bytearray(b"abc"))
    wire.pipe.close()
    wire.pipe.pause()
    wire.pipe.resume()


async def test_a_paused_pipe_can_be_closed(wire: Wire) -> None:
    wire.pipe.start()
    wire.pipe.pause()
    wire.pipe.close()
    with pytest.raises(BrokenPipeError):
        os.write(wire.far_write, b"a")
    assert not wire.ends


async def test_what_the_kernel_holds_is_handed_on_without_waiting_for_more(wire: Wire) -> None:
    wire.pipe.start()
    wire.pipe.pause()
    os.write(wire.far_write, b"a" * 50_000)
    wire.pipe.read_rest()
    assert len(wire.received) == 50_000
    assert not wire.ends


async def test_the_rest_ends_at_the_end_of_the_stream(wire: Wire) -> None:
    wire.pipe.start()
    os.write(wire.far_write, b"rest")
    os.close(wire.far_write)
    wire.far_write = -1
    wire.pipe.read_rest()
    assert wire.received == bytearray(b"rest")


async def test_a_descendant_that_goes_on_writing_can_not_keep_us_reading(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe_module, "REST_BYTES", 100_000)
    wire.pipe.start()

    def refill(data: bytes) -> None:
        wire.received.extend(data)
        assert len(wire.received) < 1_000_000
        os.write(wire.far_write, b"x" * 10_000)

    wire.on_data = refill
    os.write(wire.far_write, b"x")
    wire.pipe.read_rest()
    assert len(wire.received) >= 100_000


async def test_closing_the_writing_side_is_seen_by_the_other(wire: Wire) -> None:
    wire.pipe.start()
    wire.pipe.close_writing()
    wire.pipe.close_writing()
    assert os.read(wire.far_read, 1) == b""
    os.write(wire.far_write, b"still read")
    await until(lambda: wire.received == bytearray(b"still read"))
    assert not wire.ends


async def test_the_writing_side_of_a_socket_can_be_closed_too() -> None:
    near, far = socket.socketpair()
    received = bytearray()
    fd = near.detach()
    pipe = Pipe(
        asyncio.get_running_loop(),
        fd,
        fd,
        on_data=received.extend,
        on_end=lambda _exc: None,
        low_water_bytes=LOW_WATER_BYTES,
    )
    pipe.start()
    pipe.close_writing()
    assert far.recv(1) == b""
    far.sendall(b"still read")
    await until(lambda: received == bytearray(b"still read"))
    pipe.close()
    assert far.recv(1) == b""
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fd)
    far.close()


async def test_closing_twice_does_not_close_a_descriptor_that_somebody_else_got() -> None:
    near, far = socket.socketpair()
    fd = near.detach()
    pipe = Pipe(
        asyncio.get_running_loop(),
        fd,
        fd,
        on_data=lambda _data: None,
        on_end=lambda _exc: None,
        low_water_bytes=LOW_WATER_BYTES,
    )
    pipe.close()
    other = os.open(os.devnull, os.O_RDONLY)
    assert other == fd
    pipe.close_writing()
    pipe.close()
    os.fstat(other)
    os.close(other)
    far.close()


async def test_closing_with_a_queue_lets_go_of_everything(wire: Wire) -> None:
    wire.pipe.start()
    wire.pipe.write(b"x" * 500_000, True)
    assert wire.pipe.buffered
    wire.pipe.close()
    assert wire.pipe.buffered == 0
    await checkpoint()
    assert not wire.ends
