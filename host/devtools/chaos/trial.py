"""Trial: one fault put to one plugin: the victim, the dice, and what every fault asks of the outcome."""

import random
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final, cast

import anyio

from host.base_error import PlughostError
from host.devtools.chaos.odd_values import sample_object
from host.devtools.chaos.surface import Place
from host.devtools.chaos.victim import Victim
from host.errors import DeadlineExceeded, InvalidResult, PluginDied, PluginIncident, ProtocolFault

CALL_S: Final = 3.0
"""Deadline of a call that is made for a fault."""

PING_S: Final = 5.0
BAD_CODES: Final = frozenset({"plugin_incident", "plugin_died", "deadline_exceeded", "invalid_result"})
"""Errors of an HTTP answer that say that the plugin could not give one."""

_BAD: Final = (PluginIncident, PluginDied, InvalidResult, ProtocolFault)


class Trial:
    """One fault's."""

    def __init__(self, victim: Victim, seed: str) -> None:
        """The same seed throws the same dice."""
        self.victim = victim
        self.dice = random.Random(seed)
        self.began_s = victim.now_s()
        self.tried = 0
        """Calls, requests and events that were made."""

    async def outcome(self, what: str, work: Callable[[], Awaitable[Any]], *, late_is_fine: bool) -> str:
        """Do something and return what was wrong with its outcome; any error that is an answer is none."""
        self.tried += 1
        try:
            await work()
        except DeadlineExceeded as exc:
            return "" if late_is_fine else f"{what} got no answer: {brief(exc)}"
        except _BAD as exc:
            return f"{what}: {exc.code}: {brief(exc)}"
        except PlughostError:
            return ""
        return ""

    async def call(
        self, name: str, params: Mapping[str, Any], *, stream: bool = False, late_is_fine: bool = False
    ) -> str:
        """Call a method, or read the first items of a stream; return what was wrong with the outcome."""
        what = f"{name} of {shown(params)}"
        if not stream:
            return await self.outcome(
                what, lambda: self.victim.call(name, params, CALL_S), late_is_fine=late_is_fine
            )

        async def read() -> None:
            items = self.victim.stream(name, params, CALL_S)
            count = 0
            try:
                async for _ in items:
                    count += 1
                    if count == 3:
                        return
            finally:
                await items.aclose()

        # A stream may wait for what never comes.
        return await self.outcome(what, read, late_is_fine=True)

    async def command(self, name: str, params: Mapping[str, Any], *, late_is_fine: bool = False) -> str:
        """Run a command."""
        what = f"command {name} of {shown(params)}"
        return await self.outcome(
            what, lambda: self.victim.command(name, params, CALL_S), late_is_fine=late_is_fine
        )

    async def request(
        self,
        place: Place,
        path: str,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
        body: Any = None,
        late_is_fine: bool = False,
    ) -> str:
        """Make a request; return what was wrong with the answer."""
        self.tried += 1
        status, data = await self.victim.request(place, path, headers or {}, query or {}, body, CALL_S)
        table = cast("dict[str, Any]", data) if isinstance(data, dict) else {}
        told: Any = table.get("error")
        error = cast("dict[str, Any]", told) if isinstance(told, dict) else {}
        code: Any = error.get("code")
        if code in BAD_CODES and not (late_is_fine and code == "deadline_exceeded"):
            return f"{place.method} {path[:80]} answered {status}, {code}: {error.get('message')}"
        return ""

    async def exercise(self, *, late_is_fine: bool = False) -> list[str]:
        """Ask once for everything that the plugin offers, with plain values; return what was wrong."""
        surface, found = self.victim.surface, list[str]()
        for one in surface.methods:
            good = sample_object(one.schema, one.schema)
            found.append(await self.call(one.name, good, stream=one.stream, late_is_fine=late_is_fine))
        for one in surface.commands:
            good = sample_object(one.schema, one.schema)
            found.append(await self.command(one.name, good, late_is_fine=late_is_fine))
        for place in surface.endpoints:
            path = place.path.replace("{", "").replace("}", "")
            found.append(await self.request(place, path, body={}, late_is_fine=late_is_fine))
        for wanted in surface.events:
            found.append(await self.event(wanted.topic, dict(wanted.data)))
        for name in surface.schedules:
            with anyio.move_on_after(CALL_S):
                found.append(
                    await self.outcome(
                        f"schedule {name}", lambda n=name: self.victim.tick(n), late_is_fine=True
                    )
                )
        await self.victim.handled(CALL_S)
        return [one for one in found if one]

    async def event(self, topic: str, data: Any) -> str:
        """Emit an event; one that the host refuses counts as none."""
        self.tried += 1
        try:
            await self.victim.emit(topic, data)
        except PlughostError:
            self.tried -= 1
        return ""


def brief(error: PlughostError) -> str:
    """Return what an error says, without stderr's lines that follow: they may be older than the fault."""
    return error.message.partition("\n")[0]


def shown(value: Any) -> str:
    """Return a value in a line that is not too long."""
    text = ascii(value)
    return text if len(text) <= 120 else f"{text[:100]}... ({len(text):,} characters)"
