"""OwnUsage: what the host's own process uses, without its plugins."""

import time

import psutil


class OwnUsage:
    """Of this process."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._cpu_s = time.process_time()
        self._at_s = time.monotonic()

    def read(self) -> tuple[float | None, int]:
        """Return cores used since the last reading (None if that was just now), and resident bytes."""
        cpu_s, at_s = time.process_time(), time.monotonic()
        spent_s = at_s - self._at_s
        cores = None if spent_s < 0.1 else round((cpu_s - self._cpu_s) / spent_s, 3)
        if cores is not None:
            self._cpu_s, self._at_s = cpu_s, at_s
        rss: int = self._process.memory_info().rss
        return cores, rss
