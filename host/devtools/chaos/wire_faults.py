"""Faults of the wire: what comes is no message, comes at a bad moment, in great numbers, or is not read."""

import signal
from typing import Final

import anyio
import msgspec

from host.base_error import PlughostError
from host.devtools.chaos.fault import Fault, NotHere, Wrong, none_of
from host.devtools.chaos.odd_values import junk_lines, sample_object
from host.devtools.chaos.trial import CALL_S, PING_S, Trial
from host.errors import DeadlineExceeded, MethodNotFound

AT_ONCE: Final = 64
"""Calls that a host has under way with one plugin at most."""

DEAF_S: Final = 1.0
LONG_NAME_CHARS: Final = 8_000
ANSWERS_S: Final = 30.0
"""Longest time for all answers to many calls."""

BUSY_PING_S: Final = 2.0
"""Longest time for a sign of life while a plugin works; a host counts it as a miss after 3 s."""

SHORT_S: Final = 0.3
"""A deadline that passes."""


async def _torn(trial: Trial) -> None:
    trial.victim.write(b'{"jsonrpc": "2.0", "id": 123456789, "method": "plugin.pi\n')
    await trial.victim.ping(PING_S)


async def _junk(trial: Trial) -> None:
    for line in junk_lines(trial.dice):
        trial.tried += 1
        trial.victim.write(line + b"\n")
    await trial.victim.ping(PING_S)


async def _stray(trial: Trial) -> None:
    for method, params in (
        ("$/cancel", {"id": 987654321}),
        ("$/cancel", {"id": "none"}),
        ("$/credit", {"id": 987654321, "credit": 5}),
        ("$/stream", {"id": 987654321, "item": 1}),
        ("$/progress", {"id": 987654321}),
        ("events.event", {"topic": "chaos", "data": None}),
        ("chaos.there_is_no_such_notification", {}),
    ):
        trial.tried += 1
        line = msgspec.json.encode({"jsonrpc": "2.0", "method": method, "params": params})
        trial.victim.write(line + b"\n")
    await trial.victim.ping(PING_S)


async def _unknown(trial: Trial) -> None:
    for method in ("chaos_there_is_no_such_method", "plugin.chaos", "x" * 500, "__class__", "__init__"):
        trial.tried += 1
        try:
            await trial.victim.ask(method, {}, CALL_S)
        except MethodNotFound:
            continue
        except PlughostError as exc:
            raise Wrong(f"{method[:40]!r} was answered by {exc.code} instead of method_not_found") from None
        raise Wrong(f"{method[:40]!r} was answered as if it were there")


async def _cancelled(trial: Trial) -> None:
    for name, params, stream in _asked(trial):
        trial.tried += 1
        # The answer is not waited for: the call is cancelled when the scope is, wherever it is by then.
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda n=name, p=params, s=stream: trial.call(n, p, stream=s))
            await anyio.lowlevel.checkpoint()
            await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()
    await trial.victim.ping(PING_S)


async def _late(trial: Trial) -> None:
    victim = trial.victim
    victim.signal(signal.SIGSTOP)
    try:
        trial.tried += 1
        await victim.ask("plugin.health", {}, SHORT_S)
    except DeadlineExceeded:
        pass
    else:
        raise Wrong("a process that stood still answered")
    finally:
        victim.signal(signal.SIGCONT)
    # Its answer comes now, and is too late: that is no fault of the plugin's.
    await victim.ping(PING_S)


async def _many(trial: Trial) -> None:
    calls = _asked(trial)
    found: list[str] = []

    async def one(number: int) -> None:
        name, params, stream = calls[number % len(calls)]
        found.append(await trial.call(name, params, stream=stream, late_is_fine=True))

    with anyio.move_on_after(ANSWERS_S) as limit:
        async with anyio.create_task_group() as tasks:
            for number in range(AT_ONCE):
                tasks.start_soon(one, number)
    if limit.cancelled_caught:
        raise Wrong(f"{AT_ONCE - len(found)} of {AT_ONCE} calls were not answered within {ANSWERS_S:g} s")
    none_of(found, trial.tried)


async def _deaf(trial: Trial) -> None:
    found: list[str] = []

    async def one() -> None:
        found.append(
            await trial.outcome(
                "an unknown method",
                # Most answers repeat the name: together they are more than a pipe holds.
                lambda: trial.victim.ask("chaos_" + "x" * LONG_NAME_CHARS, {}, ANSWERS_S),
                late_is_fine=False,
            )
        )

    async with anyio.create_task_group() as tasks:
        with trial.victim.deaf():
            for _ in range(AT_ONCE // 2):
                tasks.start_soon(one)
            await anyio.sleep(DEAF_S)
    none_of(found, trial.tried)


async def _blocked(trial: Trial) -> None:
    """Each by itself, so that the one that blocks is named."""
    victim = trial.victim
    for name, params, stream in _asked(trial):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda n=name, p=params, s=stream: trial.call(n, p, stream=s, late_is_fine=True))
            await anyio.lowlevel.checkpoint()
            try:
                await victim.ping(BUSY_PING_S)
            except DeadlineExceeded:
                raise Blocked(name) from None
            tasks.cancel_scope.cancel()


class Blocked(Wrong):
    """A method holds the event loop up."""

    def __init__(self, name: str) -> None:
        super().__init__(f"while it works on {name} it gives no sign of life within {BUSY_PING_S:g} s")


async def _abandoned(trial: Trial) -> None:
    streams = [one for one in trial.victim.surface.methods if one.stream]
    if not streams:
        raise NotHere("it has no streams")
    for one in streams:
        good = sample_object(one.schema, one.schema)
        for _ in range(8):
            none_of([await trial.call(one.name, good, stream=True)], trial.tried)
    await trial.victim.ping(PING_S)


def _asked(trial: Trial) -> list[tuple[str, dict[str, object], bool]]:
    surface = trial.victim.surface
    methods = [(one.name, sample_object(one.schema, one.schema), one.stream) for one in surface.methods]
    if not methods:
        raise NotHere("it has no methods")
    return methods


_LINES = "pass over a line that you can't read, and say so on stderr: `plugin_sdk` does"

WIRE_FAULTS: Final = (
    Fault("torn-frame", "half of a message comes, and then the end of the line", "it goes on", _LINES, _torn),
    Fault(
        "junk",
        "lines come that are no messages: no JSON, another version, a batch, bad UTF-8, deep nesting",
        "it goes on",
        _LINES,
        _junk,
    ),
    Fault(
        "stray-notifications",
        "cancels, credits and items come for what is not there, and notifications that nobody knows",
        "it passes over them",
        "ignore a notification that you do not know, and an id that is not under way",
        _stray,
    ),
    Fault(
        "unknown-method",
        "methods are called that it does not have",
        "each is answered by method_not_found (-32601)",
        "answer what you do not know by error -32601; do not look names up by getattr",
        _unknown,
    ),
    Fault(
        "cancelled",
        "each method is called, and cancelled at once",
        "it goes on, and breaks no rule of the protocol",
        "let CancelledError pass, and clean up in `finally`; in a thread look at `ctx.cancelled`",
        _cancelled,
    ),
    Fault(
        "late",
        "a deadline passes while its process stands still, and its answer comes too late",
        "the caller gets deadline_exceeded; the late answer does no harm",
        "nothing: look what its log says",
        _late,
    ),
    Fault(
        "calls-at-once",
        f"{AT_ONCE} calls come at once",
        "each is answered",
        "guard what handlers share, by @method(serial=True) or a lock; bound what waits for others",
        _many,
    ),
    Fault(
        "slow-host",
        f"the host reads nothing for {DEAF_S:g} s while {AT_ONCE // 2} calls are under way",
        "it waits, and answers each once the host reads again",
        "do not write to stdout yourself; a write that blocks must not hold the event loop up",
        _deaf,
    ),
    Fault(
        "blocked-loop",
        "each method is called, and a sign of life is asked for meanwhile",
        f"it comes within {BUSY_PING_S:g} s",
        "what blocks belongs into a plain `def`, which runs in a thread; in `async def` await",
        _blocked,
    ),
    Fault(
        "stream-left",
        "each stream is opened and left after its first items, eight times",
        "it stops producing, and goes on",
        "let the generator be closed: clean up in `finally`, and catch no GeneratorExit",
        _abandoned,
    ),
)
