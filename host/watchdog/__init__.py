"""What plugins use, held against what they may: sampled, judged, told to their sessions."""

from host.watchdog.limits import Breach, Judge
from host.watchdog.monitor import Monitor, Watched
from host.watchdog.proc_reader import KEPT_PER_PLUGIN
from host.watchdog.sample import ProcessKey, Sample
from host.watchdog.sampler import Sampler

__all__ = ["KEPT_PER_PLUGIN", "Breach", "Judge", "Monitor", "ProcessKey", "Sample", "Sampler", "Watched"]
