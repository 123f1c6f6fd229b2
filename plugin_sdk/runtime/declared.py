"""Declared: what a plugin's manifest declares is taken as if the methods that it names bore the decorators.

Imported for a plugin whose manifest declares something. Where code says the same thing, the code counts. What
is declared and is not there is told before the plugin works, not when it is needed.
"""

from collections.abc import Callable, Iterator, Sequence
from inspect import isfunction
from typing import Any

from plugin_sdk.decorators.hook import HookMark
from plugin_sdk.decorators.on import OnMark
from plugin_sdk.marks import Mark, marks_of, own_marks, put_mark
from plugin_sdk.runtime.callee import place_named
from plugin_sdk.runtime.source import Source
from protocol.messages.provides import Command, Endpoint, HookHandler, Provides, Schedule, Subscription
from protocol.signatures import SignatureFault


def mark_declared(sources: Sequence[Source], declared: Provides) -> None:
    """Mark the methods that subscriptions and hooks of a manifest name.

    Raises:
        SignatureFault: There is none of that name; all of them are told, with what else may be missing.
    """
    faults: list[str] = []
    for one in declared.subscriptions:
        _mark(sources, one.name, "subscription", lambda marks, one=one: _of_subscription(marks, one), faults)
    for one in declared.hooks:
        _mark(sources, one.name, f"hook {one.hook!r}", lambda marks, one=one: _of_hook(marks, one), faults)
    if faults:
        raise SignatureFault("; ".join([*faults, *_doubtful(sources, declared)]))


def check_declared(declared: Provides, part: Callable[[str], Any]) -> None:
    """Look for what answers the commands, endpoints and schedules of a manifest, once the plugin is loaded.

    Raises:
        SignatureFault: Nothing does; all of them are told.
    """
    faults = [
        f"the manifest's {what} {one.name} has neither a method of that name nor a handler from code"
        for what, name, one in _answered(declared)
        if not part(name).answers(one)
    ]
    if faults:
        raise SignatureFault("; ".join(faults))


def _answered(declared: Provides) -> Iterator[tuple[str, str, Command | Endpoint | Schedule]]:
    """Yield what is answered by a method or by a handler from code: what it is, whose part, and itself."""
    for one in declared.commands:
        yield "command", "commands", one
    for one in declared.endpoints:
        yield "endpoint", "endpoints", one
    for one in declared.schedules:
        yield "schedule", "schedule", one


def _doubtful(sources: Sequence[Source], declared: Provides) -> Iterator[str]:
    """Yield what will be missing too unless code registers it, which is known once the plugin is loaded."""
    parts = {mark.part for source in sources for _, mark in marks_of(source.cls)}
    if any(hasattr(source.cls, "on_command") for source in sources):
        parts.add("commands")
    for what, part, one in _answered(declared):
        if part not in parts and place_named(sources, one.name) is None:
            yield f"for the manifest's {what} {one.name} there is no method either; on_load may register one"


def _mark(
    sources: Sequence[Source],
    name: str,
    what: str,
    mark_of: Callable[[Sequence[Mark]], Mark | None],
    faults: list[str],
) -> None:
    # Several of one method are told apart by what stands behind a sign that no method's name has.
    handler = name.partition("-")[0].partition(":")[0]
    place = place_named(sources, handler)
    if place is None:
        faults.append(f"the manifest's {what} is handled by {handler}, and there is no method of that name")
        return
    source, attribute = place
    function: Any = getattr(source.cls, attribute)
    if not isfunction(function):
        faults.append(f"the manifest's {what} is handled by {handler}, which is no method")
        return
    marks = [mark for found, mark in marks_of(source.cls) if found == attribute]
    mark = mark_of(marks)
    if mark is None:
        return
    own = own_marks(function)
    for inherited in marks:
        if inherited not in own:
            put_mark(function, inherited)
    put_mark(function, mark)


def _of_subscription(marks: Sequence[Mark], one: Subscription) -> Mark | None:
    for mark in marks:
        if isinstance(mark, OnMark) and (mark.topics == one.topics or mark.name == one.name):
            return None
    return OnMark(one.topics, one.where, one.durable, one.name)


def _of_hook(marks: Sequence[Mark], one: HookHandler) -> Mark | None:
    if any(isinstance(mark, HookMark) and mark.hook == one.hook for mark in marks):
        return None
    budget_s = None if one.budget_ms is None else one.budget_ms / 1_000
    return HookMark(one.hook, one.before, one.after, budget_s, one.fail)
