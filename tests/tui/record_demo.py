"""Records `demo.recording.gz` of a host with the example plugins, one of which crashes.

Run as `python tests/tui/record_demo.py`.
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

from host import PluginHost
from host.base_error import PlughostError
from host.control.client import connect
from host.control.recording import record

HERE = Path(__file__).parent
PLUGINS = HERE.parents[1] / "examples" / "plugins"
NAMES = ("counter", "crasher", "greedy", "hello", "streamer", "talker")


async def work(host: PluginHost) -> None:
    """Give the plugins something to do, and have one of them die."""
    for step in range(40):
        for plugin, method in (("counter", "count"), ("hello", "greet"), ("crasher", "ping_me")):
            with anyio.move_on_after(1):
                try:
                    await host.call(plugin, method)
                except PlughostError:
                    pass
        if step == 16:
            try:
                await host.call("crasher", "crash")
            except PlughostError:
                pass
        await anyio.sleep(0.3)


async def main() -> None:
    """Record twelve seconds."""
    with TemporaryDirectory() as data:
        async with (
            PluginHost(
                [PLUGINS / name for name in NAMES], data=data, autoload=True, control=True, app="demo"
            ) as host,
            connect(Path(data), client="record") as facade,
            anyio.create_task_group() as tasks,
        ):
            tasks.start_soon(record, facade, HERE / "demo.recording.gz")
            await work(host)
            tasks.cancel_scope.cancel()


if __name__ == "__main__":
    anyio.run(main)
