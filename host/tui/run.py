"""run_monitor: the monitor from start to end, for the command line."""

from collections.abc import Sequence
from pathlib import Path

from anyio import Event, create_task_group

from host.clock import Clock
from host.tui.app import Monitor
from host.tui.link import Connect


async def run_monitor(
    connect: Connect,
    *,
    read_only: bool = False,
    ascii: bool = False,
    clock: Clock | None = None,
    folder: Path | None = None,
    over: Event | None = None,
    place: Sequence[str] = (),
) -> None:
    """Show a host until the operator quits, or until `over` is set, which `connect` may do.

    Connects by `connect`, and again whenever the connection ends; a host that is not there yet is waited for.
    With `read_only` nothing can be changed, with `ascii` only ASCII is drawn. Files are proposed in `folder`,
    by default the current one. `place` are the options that name the host in command lines that are copied.
    """
    async with create_task_group() as tasks:
        app = Monitor(
            connect, tasks, read_only=read_only, ascii=ascii, clock=clock, folder=folder, place=place
        )

        async def end(event: Event) -> None:
            await event.wait()
            app.exit()

        if over is not None:
            tasks.start_soon(end, over)
        await app.run_async()
        tasks.cancel_scope.cancel()
