"""Attempt: one way of a plugin to `active`; everybody who asked for it waits for its one outcome."""

import anyio

from host.errors import PlughostError


class Attempt:
    """Waited for by many, finished once."""

    def __init__(self) -> None:
        self._done = anyio.Event()
        self._error: PlughostError | None = None

    @property
    def finished(self) -> bool:
        """Whether there is an outcome."""
        return self._done.is_set()

    def finish(self, error: PlughostError | None) -> None:
        """Give the outcome; only the first one counts."""
        if not self._done.is_set():
            self._error = error
            self._done.set()

    async def outcome(self) -> None:
        """Wait for the outcome.

        Raises:
            PlughostError: It did not become active.
        """
        await self._done.wait()
        if self._error is not None:
            raise self._error
