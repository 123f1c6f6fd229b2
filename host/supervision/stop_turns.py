"""Stop turns: many plugins are stopped a bounded number at a time, when their host ends."""

from collections.abc import Sequence

import anyio

from host.supervision.supervisor import Supervisor

MAX_PARALLEL_STOPS = 64
"""Plugins that are told to stop at the same time when the host ends."""

STOP_TURN_S = 1.0
"""Seconds after which one that has not ended makes way for the next one, and goes on ending."""


async def stop_in_turns(supervisors: Sequence[Supervisor], turns: anyio.CapacityLimiter) -> None:
    """Let none of them start any more, and stop all that run; `turns` bound how many at once."""
    for supervisor in supervisors:
        supervisor.shut()
    async with anyio.create_task_group() as stops:
        for supervisor in supervisors:
            if supervisor.running:
                await turns.acquire_on_behalf_of(supervisor)
                stops.start_soon(_stop, supervisor, turns)


async def _stop(supervisor: Supervisor, turns: anyio.CapacityLimiter) -> None:
    supervisor.end()
    with anyio.move_on_after(STOP_TURN_S):
        await supervisor.rested()
    turns.release_on_behalf_of(supervisor)
    await supervisor.rested()
