"""WireFaults: what one session does wrong on the wire, as its log tells it; too much of it ends it."""

import logging
from collections.abc import Callable

from host.logs import clean
from host.masking import known
from host.process.ladder import Rung
from host.rpc import FaultMeter
from host.supervision.output import PluginLog
from host.supervision.restart import Cause


class WireFaults:
    """Of one session."""

    def __init__(
        self, log: PluginLog, now: Callable[[], float], end: Callable[[Cause, str, Rung], None]
    ) -> None:
        self._log = log
        self._end = end
        self._meter = FaultMeter(now)
        self._stray = 0

    @property
    def total(self) -> int:
        """Faults so far."""
        return self._meter.total

    def take(self, kind: str, detail: str, head: bytes) -> None:
        """Log one, and count it unless it is stray output; `head` is the start of the frame, if any."""
        if kind == "stray_output":
            self._stray += 1
            hint = "; its stdout is the wire, so let it print on stderr" if self._stray == 1 else ""
            fields = {"stream": "stdout", "text": _shown(head)}
            self._log.write(logging.WARNING, f"{detail}{hint}", fields, source="stdout")
            return
        self._log.write(logging.WARNING, f"{kind}: {detail}", {"frame": _shown(head)} if head else {})
        if self._meter.count(kind):
            detail = f"{self.total} faults on the wire, the last: {detail}"
            self._end(Cause.PROTOCOL_FAULTS, detail, Rung.KILL)


def _shown(head: bytes) -> str:
    # It may end in the middle of a secret.
    return clean(known.cleared(head.decode(errors="replace"), cut=True))
