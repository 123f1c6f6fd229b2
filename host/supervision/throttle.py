"""Holds a plugin's whole tree to its CPU limit by stopping and continuing it in turn.

Deadlines of calls under way are put off by the time that the plugin was stopped, so that being throttled is
not mistaken for hanging.
"""

import signal
from collections.abc import Callable, Sequence

import anyio

from host.process.known import signal_known
from host.process.launcher import PluginProcess
from host.watchdog.duty import DUTY_PERIOD_S
from protocol.launch import Known


class Throttle:
    """One tree's duty cycle; runs until its duty is 1 again."""

    def __init__(
        self,
        process: PluginProcess,
        tree: Callable[[], Sequence[Known]],
        on_stopped: Callable[[float], None],
    ) -> None:
        """`tree()` is the tree beside the root; `on_stopped(seconds)` is told of each stop."""
        self._process = process
        self._tree = tree
        self._on_stopped = on_stopped
        self._stopped = False
        self.duty = 1.0
        """Share of the time that the tree may run."""

    async def run(self) -> None:
        """Stop and continue while `duty` is under 1; the tree runs when this ends, however it ends."""
        try:
            while self.duty < 1.0 and not self._process.exited.done():
                stopped_s = DUTY_PERIOD_S * (1.0 - self.duty)
                self._stopped = True
                self._signal(signal.SIGSTOP)
                await anyio.sleep(stopped_s)
                self._on_stopped(stopped_s)
                self._continue()
                await anyio.sleep(DUTY_PERIOD_S * self.duty)
        finally:
            self._continue()

    def release(self) -> None:
        """Let the tree run now, and from now on."""
        self.duty = 1.0
        self._continue()

    def _continue(self) -> None:
        if self._stopped:
            self._stopped = False
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        self._process.signal(number)
        signal_known(self._tree(), number)
