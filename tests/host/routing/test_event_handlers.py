"""Functions of the embedding program that do not handle events as fast as they come."""

from typing import Any

import anyio
import msgspec
import pytest

from host.routing.event_handlers import MAX_QUEUED, MAX_QUEUED_BYTES, HostHandler

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("size", "sent", "kept"),
    [(10, MAX_QUEUED + 50, MAX_QUEUED), (MIB, 40, MAX_QUEUED_BYTES // MIB), (2 * MAX_QUEUED_BYTES, 3, 1)],
)
async def test_what_waits_for_one_is_bounded_by_number_and_by_bytes_and_the_latest_stay(
    size: int, sent: int, kept: int
) -> None:
    got: list[int] = []
    begun, go_on = anyio.Event(), anyio.Event()

    async def slow(_: Any, event: Any) -> None:
        got.append(event.seq)
        begun.set()
        await go_on.wait()

    handler = HostHandler(slow, ("a.b",), {})
    data = msgspec.json.encode("x" * (size - 2))
    async with anyio.create_task_group() as tasks:
        handler.take("a.b", b"0", 0, 0.0, tasks)
        with anyio.fail_after(10):
            await begun.wait()
        for seq in range(1, sent + 1):
            handler.take("a.b", data, seq, 0.0, tasks)
        assert handler.waiting == kept
        assert handler.dropped == sent - kept
        go_on.set()
    assert got == [0, *range(sent - kept + 1, sent + 1)]
    assert handler.handled == kept + 1
