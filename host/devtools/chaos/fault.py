"""Fault: one thing that may happen to a plugin: its name, what it does, what is expected, how to mend.

A fault that finds the plugin wanting raises `Wrong`; one that the plugin has nothing for raises `NotHere`.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from host.devtools.chaos.trial import Trial


class Wrong(Exception):
    """The plugin did not bear it; the message says what happened."""


class NotHere(Exception):
    """The plugin has nothing that this could happen to; the message says what it lacks."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One."""

    name: str
    does: str
    """What is done to it, in a sentence."""
    expects: str
    """What a robust plugin and its host do then."""
    mend: str
    """What an author does about it."""
    strike: Callable[[Trial], Awaitable[None]]
    keeps_process: bool = True
    """Whether the same process must be there afterwards."""


def none_of(found: Sequence[str], tried: int) -> None:
    """Raise Wrong if something was found, with the first of it and how much more there is."""
    bad = [one for one in found if one]
    if bad:
        more = f"; and {len(bad) - 1} more of {tried} tries" if len(bad) > 1 else ""
        raise Wrong(f"{bad[0]}{more}")
