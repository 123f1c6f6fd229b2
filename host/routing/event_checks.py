"""Checks of what plugins want of events. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from host.facade import Granted
from host.routing.event_topics import Topics
from protocol.filters import where_fault
from protocol.messages.provides import Subscription
from protocol.topics import pattern_fault

MAX_SUBSCRIPTIONS: Final = 500
"""Of one plugin."""

MAX_PATTERNS: Final = 50
"""Of one subscription."""

MAX_NAME_CHARS: Final = 200


def subscription_faults(
    subscriptions: Sequence[Subscription], grants: Granted, topics: Topics, taken: int
) -> Iterable[str]:
    """Say what is wrong with subscriptions; `taken` is how many the plugin has already."""
    if len(subscriptions) + taken > MAX_SUBSCRIPTIONS:
        yield f"subscriptions: found {len(subscriptions) + taken}; allowed: {MAX_SUBSCRIPTIONS}"
        return
    names = set[str]()
    for one in subscriptions:
        name = one.name
        if not name or len(name) > MAX_NAME_CHARS or not name.isprintable():
            yield f"subscription {name[:40]!r}: allowed: a name of 1 to {MAX_NAME_CHARS} printable characters"
            continue
        if name in names:
            yield f"subscription {name!r}: there are two of this name"
        names.add(name)
        if not 1 <= len(one.topics) <= MAX_PATTERNS:
            yield f"subscription {name!r}: found {len(one.topics)} topics; allowed: 1 to {MAX_PATTERNS}"
            continue
        for fault in [*map(pattern_fault, one.topics), where_fault(one.where)]:
            if fault:
                yield f"subscription {name!r}: {fault}"
        for pattern in one.topics:
            if fault := hearing_fault(pattern, grants, topics):
                yield f"subscription {name!r} to {pattern}: {fault}"


def hearing_fault(topic: str, grants: Granted, topics: Topics) -> str:
    """Say why a plugin may not hear of a topic; empty if it may."""
    known = topics.get(topic)
    if known is None or known.permission is None:
        return ""
    decision = grants.decide(known.permission)
    return "" if decision.allowed else f"{decision.reason.removesuffix('.')}; {decision.declare}"
