"""Recent: the last lines of a tail by key, bounded, the newest first when shown; of one run of the host."""

from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from typing import Final, Generic, TypeVar

T = TypeVar("T")

KEPT_LINES: Final = 2_000


class Recent(Generic[T]):
    """Lines by key; one that comes again takes the place of the one before."""

    def __init__(self, key: Callable[[T], str], kept: int = KEPT_LINES) -> None:
        self._key = key
        self._kept = kept
        self._lines: dict[str, T] = {}
        self._run: str | None = None
        self.dropped = 0
        """Lines that were lost on their way."""
        self.step = 0

    @property
    def is_known(self) -> bool:
        """Whether a host was asked, so that an empty list means that there is nothing."""
        return self._run is not None

    def began(self, run: str) -> None:
        """Say of which run of the host the next lines are: keys are its own, so what is of another goes."""
        if run != self._run:
            self.clear()
            self._run = run

    def take(self, lines: Iterable[T], dropped: int = 0) -> None:
        """Take lines in."""
        self.dropped += dropped
        self.step += 1
        for line in lines:
            self._lines[self._key(line)] = line
        spare = len(self._lines) - self._kept
        if spare > 0:
            for key in list(islice(self._lines, spare)):
                del self._lines[key]

    def clear(self) -> None:
        """Forget all of them."""
        self._lines = {}
        self.dropped = 0
        self.step += 1

    def __len__(self) -> int:
        return len(self._lines)

    def get(self, key: str) -> T | None:
        """Return a line; None if it is not held."""
        return self._lines.get(key)

    @property
    def oldest_first(self) -> Mapping[str, T]:
        """All that is held."""
        return self._lines

    def newest_first(self) -> dict[str, T]:
        """Return all that is held, the newest first."""
        return {key: self._lines[key] for key in reversed(self._lines)}
