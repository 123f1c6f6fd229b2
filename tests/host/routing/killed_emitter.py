"""A host that emits durable events until it is killed: `PLUGINS DATA`. Prints what was acknowledged."""

import asyncio
import itertools
import sys

from host import PluginHost


async def main() -> None:
    host = PluginHost([sys.argv[1]], data=sys.argv[2])

    @host.api("test.heard")
    async def heard(number: int) -> None:  # pyright: ignore[reportUnusedFunction]
        print("heard", number, flush=True)

    async with host:
        await host.load("keeper")
        numbers = itertools.count()

        async def emit() -> None:
            while True:
                number = next(numbers)
                await host.emit("order.paid", number)
                print("emitted", number, flush=True)

        async with asyncio.TaskGroup() as tasks:
            for _ in range(8):
                tasks.create_task(emit())


if __name__ == "__main__":
    asyncio.run(main())
