"""Shared: what all sessions of one host use, handed to each of them."""

from collections.abc import Callable
from dataclasses import dataclass

from host.clock import Clock
from host.facade import Gateway
from host.process.grown_pipes import GrownPipes
from host.recording import Tracks
from host.rpc import HeldFrames
from host.supervision.registries import Registries
from host.supervision.storm import StormGuard
from host.timing import Timing
from host.watchdog.monitor import Monitor
from protocol.polling import Polling


@dataclass(frozen=True, slots=True)
class Shared:
    """What all sessions of one host use."""

    timing: Timing
    clock: Clock
    gateway: Gateway
    monitor: Monitor
    tracks: Tracks
    storm: StormGuard
    held_frames: HeldFrames
    grown_pipes: GrownPipes
    live_count: Callable[[], int]
    """How many plugins are pinged at present."""
    polling: Polling
    registries: Registries
