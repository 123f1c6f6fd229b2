"""A host as a program of its own, for tests that kill it: `hosting.py DATA WARDEN PLACE...`.

Loads every plugin, prints `ready`, and then waits for its end.
"""

import sys
from typing import Literal

import anyio

from host import PluginHost


async def main(data: str, warden: Literal["auto", "off"], places: list[str]) -> None:
    async with PluginHost(plugins=places, data=data, warden=warden, autoload=True) as host:
        print("ready" if all(view.state == "active" for view in host.plugins()) else host.plugins())
        sys.stdout.flush()
        await anyio.sleep_forever()


if __name__ == "__main__":
    anyio.run(main, sys.argv[1], "off" if sys.argv[2] == "off" else "auto", sys.argv[3:])
