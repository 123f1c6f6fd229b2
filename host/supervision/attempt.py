"""Attempt: one way of a plugin to `active`; everybody who asked for it waits for its one outcome."""

import anyio


class Attempt:
    """Waited for by many, finished once."""

    def __init__(self) -> None:
        self._done = anyio.Event()
        self._error: Exception | None = None

    @property
    def finished(self) -> bool:
        """Whether there is an outcome."""
        return self._done.is_set()

    def finish(self, error: Exception | None) -> None:
        """Give the outcome; only the first one counts."""
        if not self._done.is_set():
            self._error = error
            self._done.set()

    async def settled(self) -> None:
        """Wait until there is an outcome, whichever."""
        await self._done.wait()

    async def outcome(self) -> None:
        """Wait for the outcome.

        Raises:
            Exception: It did not become active; what it was finished with.
        """
        await self._done.wait()
        if self._error is not None:
            raise self._error
