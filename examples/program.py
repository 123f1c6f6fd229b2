"""Program: how each example is started and ended: its options, its folder, Ctrl-C."""

import argparse
import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import anyio

Program = Callable[[Path], Awaitable[None]]
"""Runs in a folder until it ends or is cancelled."""


def run(name: str, description: str, serve: Program, demo: Program) -> None:
    """Run `serve` until Ctrl-C, or with `--demo` the scene."""
    parser = argparse.ArgumentParser(f"python -m {name}", description=description)
    parser.add_argument("--demo", action="store_true", help="play a scene and end")
    parser.add_argument("--data", type=Path, help="folder to keep everything in; without it nothing is kept")
    options = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)  # what matters is printed
    with TemporaryDirectory() as temporary:
        anyio.run(_until_interrupted, demo if options.demo else serve, options.data or Path(temporary))


async def _until_interrupted(program: Program, folder: Path) -> None:
    scope = anyio.CancelScope()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        # A second one changes nothing: the host is about to stop its plugins, in order.
        loop.add_signal_handler(number, scope.cancel)
    with scope:
        await program(folder)
