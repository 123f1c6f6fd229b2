"""The shutdown ladder, on a process of which only the signals are real."""

import logging
import signal

import anyio
import pytest
from anyio.lowlevel import checkpoint

from host.ids import SessionId
from host.process.exit_status import ExitStatus
from host.process.ladder import Ladder, Rung
from host.process.launcher import Channels, PluginProcess
from host.timing import Timing

TURNS = 50
"""Turns of the loop that the process takes to end, far more than a wait that is cut short."""


async def test_whoever_hastens_a_kill_hears_no_complaint_about_the_kernel(
    caplog: pytest.LogCaptureFixture,
) -> None:
    signals: list[int] = []
    process = PluginProcess(
        SessionId("one"),
        Channels(-1, -1, -1, ()),
        -1,
        0,
        lambda number, _group: signals.append(number),
        lambda _known: None,
    )
    ladder = Ladder(process, Timing(), lambda: None)
    ladder.hasten()
    with anyio.fail_after(20):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ladder.descend, Rung.KILL)
            for _ in range(TURNS):
                await checkpoint()
            process.exited.set_result(ExitStatus.from_wait(-signal.SIGKILL, 0, 0.0))
    assert signals == [signal.SIGKILL]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
