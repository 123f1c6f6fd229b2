"""How a pipe ends: closed by the other side, by this one, or half."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator

import pytest
from anyio.lowlevel import checkpoint

from protocol.pipe import Pipe
from tests.protocol.wire import LOW_WATER_BYTES, Wire, until


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    one = Wire()
    yield one
    one.close()


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
