"""Which event loop a plugin runs on: by default its host's.

A host that runs on uvloop gives its Python plugins `PLUGHOST_LOOP=uvloop`; without the variable it is
asyncio's own loop. A plugin chooses for itself in its manifest, `PLUGHOST_LOOP = "asyncio"` under `[env]`.
Where the loop that was asked for is not installed, a line on stderr says so and asyncio's is used.
"""

import os
import sys
from asyncio import AbstractEventLoop
from collections.abc import Callable
from importlib import import_module

LOOP = "PLUGHOST_LOOP"
"""Environment variable: `asyncio` or `uvloop`."""


def loop_factory() -> Callable[[], AbstractEventLoop] | None:
    """Return what makes the loop that the environment asks for; None for asyncio's own."""
    wanted = os.environ.get(LOOP, "asyncio")
    if wanted == "asyncio":
        return None
    if wanted != "uvloop":
        _say(f"{LOOP} is {wanted!r}; there are asyncio and uvloop")
        return None
    try:
        return import_module("uvloop").new_event_loop
    except ImportError as exc:
        _say(f"{LOOP} asks for uvloop, which can't be imported ({exc}): pip install uvloop")
        return None


def _say(fault: str) -> None:
    print(f"plughost: {fault}; this plugin runs on asyncio's own loop", file=sys.stderr)  # noqa: T201
