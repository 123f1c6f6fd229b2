"""Event settings: how long, and how much of, the log of durable events is kept."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EventSettings:
    """Past either bound the oldest events go, handled or not. Source: behaviour in numbers, *Events*."""

    keep_days: float = 7.0
    keep_bytes: int = 1024 * 1024 * 1024
