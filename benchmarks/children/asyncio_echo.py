"""The child of the asyncio floor."""

import asyncio

from benchmarks.asyncio_pipe import AsyncioPipe
from benchmarks.echo_frame import Frame


async def _serve() -> None:
    ended = asyncio.Event()

    def echo(frames: list[Frame]) -> None:
        for frame in frames:
            pipe.send(frame, at_once=False)
        pipe.flush()

    pipe = AsyncioPipe(0, 1, echo, ended.set)
    await ended.wait()


if __name__ == "__main__":
    asyncio.run(_serve())
