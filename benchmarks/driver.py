"""The driver of a subject: `python -m benchmarks.driver NAME`. See `benchmarks.contestant` for its lines.

Each contestant has a process of its own, so that one that hangs, or needs another event loop, is nobody
else's trouble, and so that nobody pays for another's objects.
"""

import asyncio
import gc
import os
import sys
import traceback
from typing import cast

import msgspec

from benchmarks.contestant import Absent
from benchmarks.contestants import CONTESTANTS
from benchmarks.samples import TAKE
from benchmarks.subject import Subject


def main(name: str) -> None:
    """Serve until the end of stdin."""
    # Whatever a library prints must not be taken for an answer.
    answers = os.dup(1)
    os.dup2(2, 1)
    kind = next(one for one in CONTESTANTS if one.name == name)
    assert issubclass(kind, Subject)
    if kind.loop == "uvloop":
        from uvloop import new_event_loop

        with asyncio.Runner(loop_factory=new_event_loop) as runner:
            runner.run(_serve(kind, answers))
    else:
        asyncio.run(_serve(kind, answers))


async def _serve(kind: type[Subject], answers: int) -> None:
    lines = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(lines), os.fdopen(os.dup(0), "rb")
    )
    try:
        async with asyncio.TaskGroup() as tasks, kind(tasks) as subject:
            await subject.start()
            await subject.check_echo()
            # What the imports left would be looked through in every collection.
            gc.collect()
            gc.freeze()
            _answer(answers, {"pids": [subject.pid]})
            while line := await lines.readline():
                _answer(answers, await _measured(subject, line))
    except Exception as exc:
        _answer(answers, {"failed": _reason(exc)})
        raise
    finally:
        transport.close()


async def _measured(subject: Subject, line: bytes) -> dict[str, object]:
    name, seconds, count = line.decode().split()
    try:
        figures = await TAKE[name](subject, float(seconds), int(count))
    except Absent as exc:
        return {"absent": str(exc)}
    except Exception as exc:  # noqa: BLE001 - the border: what a contestant fails with goes into the report
        traceback.print_exc()
        return {"failed": _reason(exc)}
    return {"figures": figures, "pids": subject.started}


def _answer(descriptor: int, answer: dict[str, object]) -> None:
    os.write(descriptor, msgspec.json.encode(answer) + b"\n")


def _reason(exc: Exception) -> str:
    if isinstance(exc, ExceptionGroup):
        return _reason(cast("ExceptionGroup[Exception]", exc).exceptions[0])
    return f"{type(exc).__name__}: {exc}"


if __name__ == "__main__":
    main(sys.argv[1])
