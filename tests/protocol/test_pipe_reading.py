"""Bytes into a real pipe: pausing, and what the kernel still holds."""

import os
from collections.abc import AsyncIterator

import pytest
from anyio.lowlevel import checkpoint

from protocol import pipe as pipe_module
from tests.protocol.wire import Wire, until


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    one = Wire()
    yield one
    one.close()


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
