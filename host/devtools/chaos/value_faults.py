"""Faults of values: parameters, bodies, hooks' values and events that are not what they should be."""

from collections.abc import Sequence
from typing import Any, Final

from host.devtools.chaos.fault import Fault, NotHere, none_of
from host.devtools.chaos.odd_values import HUGE_CHARS, ODD_TEXTS, Sort, odd_objects
from host.devtools.chaos.trial import Trial, shown

ODD_DATA: Final[Sequence[Any]] = (
    None,
    17,
    "text",
    [],
    [1, [2, [3]]],
    {},
    {"name": None},
    {"name": {"name": {"name": []}}},
    {"name": "\u202e\u0000", "id": -1},
    {"text": "x" * HUGE_CHARS},
)
"""Values for what says nothing of its shape."""

ODD_BODIES: Final[Sequence[tuple[str, Any]]] = (
    ("application/json", b"{"),
    ("application/json", b"null"),
    ("application/json", b'{"name": null}'),
    ("application/json", b"[1, 2, 3]"),
    ("application/octet-stream", b"\xff\xfe\x00"),
    ("text/plain; charset=utf-16", "text"),
    ("", None),
    ("application/json", {"text": "x" * HUGE_CHARS}),
)

FLOOD: Final = 2_000
FLOOD_S: Final = 30.0
RETRY_S: Final = 2.0


def _params(sort: Sort, does: str, expects: str) -> Fault:
    async def strike(trial: Trial) -> None:
        surface, found = trial.victim.surface, list[str]()
        late = sort == "huge"
        for one in surface.methods:
            for params in odd_objects(one.schema, sort, trial.dice):
                found.append(await trial.call(one.name, params, stream=one.stream, late_is_fine=late))
        for one in surface.commands:
            for params in odd_objects(one.schema, sort, trial.dice):
                found.append(await trial.command(one.name, params, late_is_fine=late))
        if not trial.tried:
            raise NotHere("it has no method or command with such a parameter")
        none_of(found, trial.tried)

    return Fault(f"params-{sort}", f"each method and command is called {does}", expects, _ANNOTATE, strike)


async def _endpoints(trial: Trial) -> None:
    found: list[str] = []
    for place in trial.victim.surface.endpoints:
        for content, body in ODD_BODIES:
            headers = {"content-type": content} if content else {}
            found.append(await trial.request(place, _filled(place.path, "1"), headers=headers, body=body))
        for text in ("%00", "..%2f..%2fetc", "%F0%9F%91%A9", "x" * 2_000, "-1"):
            query = {"page": text, "limit": "-1", "q": "\u202e"}
            found.append(await trial.request(place, _filled(place.path, text), query=query))
    if not trial.tried:
        raise NotHere("it has no endpoints")
    none_of(found, trial.tried)


async def _hooks(trial: Trial) -> None:
    found: list[str] = []
    for name in trial.victim.surface.hooks:
        for value in ODD_DATA:
            trial.tried += 1
            if why := await trial.victim.hook(name, value):
                found.append(f"hook {name} of {shown(value)}: {why}")
    if not trial.tried:
        raise NotHere("it takes part in no hook")
    none_of(found, trial.tried)


async def _odd_events(trial: Trial) -> None:
    for wanted in trial.victim.surface.events:
        for value in ODD_DATA:
            data = {**wanted.data, **value} if wanted.data and isinstance(value, dict) else value
            await trial.event(wanted.topic, data)
    if not trial.tried:
        raise NotHere("it handles no events that this host may emit")
    await _all_handled(trial)
    none_of(await trial.victim.incidents(trial.began_s), trial.tried)


async def _flood(trial: Trial) -> None:
    events = trial.victim.surface.events
    if not events:
        raise NotHere("it handles no events")
    for number in range(FLOOD):
        wanted = events[number % len(events)]
        await trial.event(wanted.topic, {**wanted.data, "number": number})
    if not trial.tried:
        raise NotHere("it handles no events that this host may emit")
    await _all_handled(trial)


async def _all_handled(trial: Trial) -> None:
    if not await trial.victim.handled(FLOOD_S):
        none_of([f"events still wait for it after {FLOOD_S:g} s"], trial.tried)


async def _redelivered(trial: Trial) -> None:
    victim, found = trial.victim, list[str]()
    durable = [one for one in victim.surface.events if one.subscription]
    if not durable:
        raise NotHere("it has no durable subscription")
    before = await victim.dead_letters()
    for wanted in durable:
        await trial.event(wanted.topic, dict(wanted.data))
        await _all_handled(trial)
        for _ in range(2):
            await victim.replay(wanted.subscription)
            # One that fails is tried again for half a minute; what it raised is there at once.
            if not await victim.handled(RETRY_S):
                none_of(await victim.incidents(trial.began_s), trial.tried)
                await _all_handled(trial)
    found += await victim.incidents(trial.began_s)
    if (dead := await victim.dead_letters()) > before:
        found.append(f"{dead - before} events became dead letters")
    none_of(found, trial.tried)


def _filled(path: str, text: str) -> str:
    parts = [text if part.startswith("{") and part.endswith("}") else part for part in path.split("/")]
    return "/".join(parts)


_ANNOTATE = "annotate parameters, and check what annotations can't say; raise PluginError for what you refuse"
_REFUSED = "each is refused by an error of its own, such as invalid_params; nothing unexpected is raised"
_BORNE = "each is answered or refused; nothing unexpected is raised"

VALUE_FAULTS: Final = (
    _params("missing", "without one of the parameters that it needs", _REFUSED),
    _params("null", "with null for one parameter", _BORNE),
    _params("wrong-type", "with a value of another type for one parameter", _REFUSED),
    _params("unknown", "with a parameter that it does not have", _BORNE),
    _params("huge", "with a text, a list, a table or a number that is huge", _BORNE),
    _params(
        "text",
        f"with {len(ODD_TEXTS)} sorts of texts: control characters, right-to-left, paths, markup, escapes",
        _BORNE,
    ),
    Fault(
        "endpoints-odd",
        "each endpoint gets bodies, paths and queries that are odd: broken JSON, bad UTF-8, null, huge",
        _BORNE,
        "check a body's shape before you use it, and answer 400; see `Request.json`",
        _endpoints,
    ),
    Fault(
        "hooks-odd",
        "each hook is asked of values that are odd: null, numbers, lists, nested, huge",
        "each is allowed, denied or replaced; the handler never fails",
        "annotate the value with what you need; deny what you can't read",
        _hooks,
    ),
    Fault(
        "events-odd",
        "each event that it handles comes with odd data",
        "each is handled; nothing unexpected is raised",
        "look at an event's shape before you use it; declare a schema for topics of your own",
        _odd_events,
    ),
    Fault(
        "events-flood",
        f"{FLOOD:,} events come as fast as they can",
        f"all are handled, or dropped with a count, within {FLOOD_S:g} s; it stays reachable",
        "do little in a handler, and gather what is slow; await what waits",
        _flood,
    ),
    Fault(
        "events-twice",
        "events of durable subscriptions are delivered three times",
        "each is handled, and none becomes a dead letter",
        "make handlers do no harm when an event comes again: note its number, or set instead of adding",
        _redelivered,
    ),
)
