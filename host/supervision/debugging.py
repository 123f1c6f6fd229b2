"""Debugging: has a Python plugin wait for a debugger, and nobody lose patience while it is looked at.

Owns what is different from an ordinary run: the plugin is told where to listen and finds debugpy, it gets an
interpreter of its own and room for the debugger beside its limits, and every deadline of what it is asked is
put off for as long as it runs. Does not know the debugger. Used by `plughost dev --debug`.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import anyio
import msgspec

from host.timing import Timing
from protocol.launch import DEBUG, DEBUGGER
from protocol.manifest import Manifest

DAY_S: Final = 86_400.0

PUT_OFF_EVERY_S: Final = 0.2
"""How often deadlines are put off; each is longer than this."""

DEBUGGER_BYTES: Final = 512 * 1024 * 1024
DEBUGGER_PROCESSES: Final = 8
DEBUGGER_THREADS: Final = 64
"""What debugpy's adapter and its threads may use beside the plugin's own limits."""


@dataclass(frozen=True, slots=True)
class Debugging:
    """Of the one plugin of a host."""

    port: int
    package: Path | None
    """Folder of the package debugpy; None if the plugin must have its own."""

    def environment(self) -> dict[str, str]:
        """Return what tells the plugin to wait."""
        return {DEBUG: f"127.0.0.1:{self.port}", DEBUGGER: str(self.package or "")}

    def allowed(self, manifest: Manifest) -> Manifest:
        """Return a manifest with room for the debugger, whose program is executed and not forked."""
        limits = manifest.limits
        room = msgspec.structs.replace(
            limits,
            memory_bytes=limits.memory_bytes + DEBUGGER_BYTES,
            threads=limits.threads + DEBUGGER_THREADS,
            children=limits.children + DEBUGGER_PROCESSES,
        )
        return msgspec.structs.replace(manifest, limits=room, preload=False)

    async def put_off(self, stretch: Callable[[float], None], ended: Callable[[], bool]) -> None:
        """Put the deadlines of a run off until it ended."""
        while not ended():
            stretch(PUT_OFF_EVERY_S)
            await anyio.sleep(PUT_OFF_EVERY_S)


def patient(timing: Timing) -> Timing:
    """Return durations that nothing of what a plugin is asked exceeds; its end goes as fast as ever."""
    return replace(
        timing,
        handshake_s=DAY_S,
        load_s=DAY_S,
        start_total_s=DAY_S,
        call_s=DAY_S,
        events_s=DAY_S,
        stream_idle_s=DAY_S,
        stream_total_s=DAY_S,
        ping_every_s=DAY_S,
    )
