"""`python -m examples.streamspace`: runs the service until Ctrl-C; `--demo` plays a short scene instead."""

import argparse
import asyncio
import logging
import signal
import tempfile
import tomllib
from pathlib import Path
from typing import Any

from examples.streamspace.demo import play
from examples.streamspace.service import StreamSpace
from examples.streamspace.users import User
from host import Notification


async def serve(data: Path, config: dict[str, Any]) -> None:
    """Run the service until it is told to end, and say what happens."""
    service = StreamSpace(data, config=config)
    service.host.notifications.on(_tell)
    end = asyncio.Event()
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, end.set)
    # What can't start stands in the list, with the reason.
    plugins = logging.getLogger("plugin")
    plugins.setLevel(logging.CRITICAL)
    async with service:
        _show(service)
        plugins.setLevel(logging.NOTSET)
        await _seed(service)
        print("it runs; Ctrl-C ends it", flush=True)
        await end.wait()
    print("it has ended")


def _show(service: StreamSpace) -> None:
    host = service.host
    print("StreamSpace runs with these plugins:")
    for plugin in host.plugins():
        print(f"    {plugin.id:<18}{plugin.state}  {plugin.reason.splitlines()[0] if plugin.reason else ''}")
    print("commands:  " + ", ".join(command.name for command in host.commands.list()))
    print("endpoints: " + ", ".join(f"{one.method} {one.path}" for one in host.endpoints.list()))
    print("widgets:   " + ", ".join(one.title for one in host.ui.contributions("widget")))


async def _seed(service: StreamSpace) -> None:
    """Give a new service its first user and template, which the plugins hear of."""
    if not await service.users.all():
        admin = User("u-0", "admin", "Ada Min", "admin@example.com", "enterprise", admin=True)
        await service.users.add(admin)
        await service.templates.create("firefox-browser", "Firefox")
        await service.sessions.create("admin", "firefox-browser")


def _tell(notification: Notification) -> None:
    print(
        f"{notification.plugin} notifies {notification.user or notification.audience}: {notification.title}"
    )


def main() -> None:
    """Read the command line, and do it."""
    parser = argparse.ArgumentParser("python -m examples.streamspace", description=__doc__)
    parser.add_argument("--demo", action="store_true", help="play a short scene and exit")
    parser.add_argument(
        "--data", type=Path, help="keep everything in this folder; a temporary one if left out"
    )
    parser.add_argument("--config", type=Path, help="a TOML file with a table for each plugin id")
    options = parser.parse_args()
    logging.basicConfig(level=logging.ERROR)
    config = tomllib.loads(options.config.read_text()) if options.config else {}
    with tempfile.TemporaryDirectory(prefix="streamspace-") as temporary:
        data = options.data or Path(temporary)
        asyncio.run(play(data) if options.demo else serve(data, config))


if __name__ == "__main__":
    main()
