"""Start slot: one plugin's place among those that may be starting at the same time, host-wide."""

import anyio


class StartSlot:
    """One place; taken once, free again at the first `free`."""

    def __init__(self, limiter: anyio.CapacityLimiter) -> None:
        self._limiter = limiter
        self._held = False

    async def take(self) -> None:
        """Wait for the place, in the order of asking."""
        await self._limiter.acquire_on_behalf_of(self)
        self._held = True

    def free(self) -> None:
        """Let the next one start; nothing happens where the place was not taken."""
        if self._held:
            self._held = False
            self._limiter.release_on_behalf_of(self)
