"""A host that emits durable events and prints the number of each acknowledged one, until it is killed."""

import asyncio
import sys

from host import PluginHost


async def main(plugins: str, data: str) -> None:
    async with PluginHost([plugins], data=data) as host:
        number = 0
        while True:
            await host.emit("order.new", number)
            print(number, flush=True)
            number += 1


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
