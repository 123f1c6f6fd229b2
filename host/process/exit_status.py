"""How a process ended, in values and in words."""

import signal
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ExitStatus:
    """The end of one process. Exactly one of `code` and `signal_number` is set, or neither if it was lost."""

    code: int | None = None
    signal_number: int | None = None
    peak_rss_bytes: int | None = None
    cpu_s: float | None = None

    @classmethod
    def from_wait(
        cls, status: int, peak_rss_bytes: int | None = None, cpu_s: float | None = None
    ) -> "ExitStatus":
        """Read a status in the form of `os.waitstatus_to_exitcode`."""
        if status < 0:
            return cls(None, -status, peak_rss_bytes, cpu_s)
        return cls(status, None, peak_rss_bytes, cpu_s)

    @property
    def signal_name(self) -> str | None:
        """`SIGSEGV`, or the number's own name where the platform has none for it."""
        if self.signal_number is None:
            return None
        try:
            return signal.Signals(self.signal_number).name
        except ValueError:
            return f"signal {self.signal_number}"

    def __str__(self) -> str:
        """Return `exited with code 7`, `was killed by SIGSEGV`, or that nobody saw it end."""
        if self.code is not None:
            return f"exited with code {self.code}"
        if self.signal_number is not None:
            return f"was killed by {self.signal_name}"
        return "ended unseen, with its warden"
