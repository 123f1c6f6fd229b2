"""Entrance: how one run becomes active: the first one does it in another way than one that takes over."""

from collections.abc import Callable
from dataclasses import dataclass

from host.facade import Joining
from host.supervision.liveness import OnUnresponsive


@dataclass(frozen=True, slots=True)
class Entrance:
    """What a run is told to do on its way."""

    take_in: Callable[[Joining], str]
    """Hands what it provides to the registries; returns why they don't take it, or an empty text."""
    active: Callable[[], None]
    """Told in the turn of the loop in which it is active, and before anybody asks it."""
    unresponsive: OnUnresponsive
    proves: bool = False
    """Whether its health check has to pass first, because another run serves that must not be given up."""
