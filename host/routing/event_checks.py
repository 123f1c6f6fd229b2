"""Checks of what plugins want of events: what they subscribe to, and what they emit. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

from host.permissions.policy import Decision, Grants
from host.routing.event_topics import Topics
from protocol.filters import where_fault
from protocol.messages.provides import Subscription
from protocol.permissions import Permission
from protocol.topics import matches, pattern_fault

MAX_SUBSCRIPTIONS: Final = 500
"""Of one plugin."""

MAX_PATTERNS: Final = 50
"""Of one subscription."""

MAX_NAME_CHARS: Final = 200


def subscription_faults(
    subscriptions: Sequence[Subscription], grants: Grants, topics: Topics, taken: int
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
            known = topics.get(pattern)
            if known is not None and known.permission is not None:
                decision = grants.decide(known.permission)
                if not decision.allowed:
                    yield f"subscription {name!r} to {pattern}: {decision.reason} {decision.declare}"


def emit_decision(grants: Grants, topic: str) -> Decision:
    """Tell whether a plugin may emit under a topic that is not its own."""
    required = Permission("events", "emit", topic)
    decision = grants.decide(required)
    if decision.allowed:
        return decision
    for held in grants.granted:
        if (held.resource, held.action) == ("events", "emit") and matches(held.scope, topic):
            return Decision(True, required, f"{held} was granted.")
    return decision
