"""The child of the asyncio floor; with the argument `uvloop`, of that one's."""

import asyncio
import sys

from benchmarks.asyncio_pipe import AsyncioPipe
from benchmarks.echo_frame import Frame


async def _serve() -> None:
    ended = asyncio.Event()

    def echo(frames: list[Frame]) -> None:
        for frame in frames:
            if frame.id > 0:
                pipe.send(frame, at_once=False)
            elif frame.id < 0:
                assert isinstance(frame.value, int)
                for item in range(frame.value):
                    pipe.send(Frame(frame.id, item), at_once=False)
        pipe.flush()

    pipe = AsyncioPipe(0, 1, echo, ended.set)
    await ended.wait()


if __name__ == "__main__":
    if sys.argv[1:] == ["uvloop"]:
        from uvloop import new_event_loop

        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_serve())
    else:
        asyncio.run(_serve())
