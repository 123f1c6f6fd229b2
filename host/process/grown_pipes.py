"""Makes the pipes of plugins that move big frames larger, a few at a time.

A user may own about 64 pipes of a megabyte; then every new pipe of that user shrinks to two pages, in all
programs, so only `MAX_GROWN` of one host ever are that large. Best effort: where the system has no such
call, or refuses, a frame takes more turns and nothing else changes. Source: architecture, decision 3.
"""

import fcntl

GROWN_BYTES = 1024 * 1024
MAX_GROWN = 16


class GrownPipes:
    """The pipes of one host that were made larger."""

    def __init__(self) -> None:
        self._owners: list[object] = []

    def grow(self, owner: object, fd: int) -> None:
        """Make the pipe behind `fd` larger, unless too many are already."""
        set_size = getattr(fcntl, "F_SETPIPE_SZ", None)
        if set_size is None or len(self._owners) >= MAX_GROWN:
            return
        try:
            fcntl.fcntl(fd, set_size, GROWN_BYTES)
        except OSError:
            return  # over the user's share, or no pipe
        self._owners.append(owner)

    def release(self, owner: object) -> None:
        """Forget the pipes of `owner`, which are closed."""
        self._owners = [one for one in self._owners if one is not owner]
