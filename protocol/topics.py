"""Topics of events, and patterns of topics. Pure.

A topic is dotted: `session.created`. In a pattern `*` is one part and `**`, at the end, one or more.
"""

import re
from typing import Final

MAX_TOPIC_CHARS: Final = 200
HOST_TOPICS: Final = "plughost"
"""First part of topics that the host alone emits."""

_PART: Final = r"[A-Za-z0-9_][A-Za-z0-9_:-]*"
_TOPIC: Final = re.compile(rf"{_PART}(?:\.{_PART})*\Z")
_PATTERN: Final = re.compile(rf"(?:(?:{_PART}|\*)(?:\.(?:{_PART}|\*))*(?:\.\*\*)?|\*\*)\Z")


def topic_fault(topic: str) -> str:
    """Return what is wrong with a topic; empty if it is one."""
    if len(topic) <= MAX_TOPIC_CHARS and _TOPIC.match(topic):
        return ""
    return (
        f"topic: found {topic[:80]!r}; allowed: letters, digits, _ - and :, in parts divided by dots, as in "
        f"session.created, at most {MAX_TOPIC_CHARS} characters"
    )


def pattern_fault(pattern: str) -> str:
    """Return what is wrong with a pattern; empty if it is one."""
    if len(pattern) <= MAX_TOPIC_CHARS and _PATTERN.match(pattern):
        return ""
    return (
        f"topic: found {pattern[:80]!r}; allowed: a topic such as session.created, where * may stand for one "
        f"part and ** for the rest, at most {MAX_TOPIC_CHARS} characters"
    )


def matches(pattern: str, topic: str) -> bool:
    """Tell whether a topic is one of a pattern's."""
    if "*" not in pattern:
        return pattern == topic
    wanted, parts = pattern.split("."), topic.split(".")
    if wanted[-1] == "**":
        wanted.pop()
        if len(parts) <= len(wanted):
            return False
        parts = parts[: len(wanted)]
    return len(wanted) == len(parts) and all(
        one in ("*", part) for one, part in zip(wanted, parts, strict=True)
    )


def as_name(topic: str) -> str:
    """Return the x of `on_<x>` that a topic is handled by."""
    return re.sub(r"[.:-]", "_", topic).lower()


def own_topic(plugin: str, event: str) -> str:
    """Return the full name of a plugin's own event."""
    return event if "." in event else f"plugin.{plugin}.{event}"
