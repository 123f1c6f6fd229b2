"""Records `demo.recording.gz` of a host with the example plugins, one of which crashes.

Run as `python tests/tui/record_demo.py`.
"""

from functools import partial
from pathlib import Path
from shutil import copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import Any

import anyio

from host import PluginHost
from host.base_error import PlughostError
from host.control.client import connect
from host.control.recording import record

HERE = Path(__file__).parent
PLUGINS = HERE.parents[1] / "examples" / "plugins"
CALLS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("counter", "incr", {"by": 1}),
    ("hello", "greet", {"name": "Ada"}),
    ("crasher", "ping_me", {}),
)
NAMES = ("counter", "crasher", "greedy", "hello", "streamer", "talker")


async def work(host: PluginHost) -> None:
    """Give the plugins something to do, and have one of them die."""
    for step in range(40):
        for plugin, method, params in CALLS:
            with anyio.move_on_after(1):
                try:
                    await host.call(plugin, method, params)
                except PlughostError:
                    pass
        if step == 16:
            try:
                await host.call("crasher", "crash")
            except PlughostError:
                pass
        await anyio.sleep(0.3)


async def main() -> None:
    """Record twelve seconds; of copies, so that the recording does not name where this tree lies."""
    with TemporaryDirectory(prefix="plughost-") as place:
        data, plugins = Path(place) / "data", Path(place) / "plugins"
        for name in NAMES:
            copytree(PLUGINS / name, plugins / name, ignore=ignore_patterns("__pycache__"))
        async with (
            PluginHost([plugins], data=data, autoload=True, control=True, app="demo") as host,
            connect(data, client="record") as facade,
            anyio.create_task_group() as tasks,
        ):
            methods_of = [plugin for plugin, _, _ in CALLS]
            tasks.start_soon(partial(record, facade, HERE / "demo.recording.gz", methods_of=methods_of))
            await work(host)
            tasks.cancel_scope.cancel()


if __name__ == "__main__":
    anyio.run(main)
