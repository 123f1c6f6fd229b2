"""`ui.prompt`: what plugins ask of whoever operates the host, until somebody answers.

Owns what may be asked, what waits for an answer, and that an answer is what was asked for. Front ends show it
under the plugin's name. A prompt is gone with the call that made it: when its time is up, when the plugin
takes it back, when its run ends.
"""

import inspect
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from host.base_error import Fault, what_is_allowed
from host.clock import Clock
from host.errors import ContributionNotFound, InvalidParams, Overloaded
from host.facade import Caller
from host.ids import PluginId, new_incident_id
from host.logs import clean
from host.masking import known
from host.routing.gateway import ApiGateway
from host.services.configuration_merge import merge
from host.services.configuration_schema import Document, Schema
from protocol import jsonrpc
from protocol.messages.ui import UiAnswer

logger = logging.getLogger(__name__)

Outcome = Literal["answered", "dismissed", "expired"]

MAX_TITLE_CHARS: Final = 200
MAX_TEXT_CHARS: Final = 4_000
MAX_SCHEMA_BYTES: Final = 16 * 1024
MAX_FIELDS: Final = 50
MAX_WAIT_S: Final = 24 * 3600.0
MAX_OF_A_PLUGIN: Final = 4
"""Prompts of one plugin that wait at the same time."""
MAX_OPEN: Final = 200
"""Of all plugins."""

YES_OR_NO: Final[Document] = {"type": "object", "properties": {}, "additionalProperties": False}
"""What is asked for without a schema: an answer is a yes, and a dismissal a no."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One that waits: no control characters or known secrets in its texts, and a schema that can be used."""

    id: str
    plugin: PluginId
    """Who asks; from the connection."""
    title: str
    text: str
    schema: Mapping[str, Any]
    """JSON Schema of an object; without properties it is a yes or a no."""
    at_s: float
    """Seconds since the epoch."""
    until_s: float


@dataclass(slots=True)
class _Open:
    prompt: Prompt
    rules: Schema
    done: anyio.Event = field(default_factory=anyio.Event)
    answer: UiAnswer | None = None


Handler = Callable[[Prompt], Awaitable[object] | object]
_H = TypeVar("_H", bound=Handler)


class Prompts:
    """All that waits for an answer on one host."""

    def __init__(self, clock: Clock, tell: Callable[[str, Any], object]) -> None:
        """`tell(topic, data)` emits an event of the host's own."""
        self._clock = clock
        self._tell = tell
        self._handlers: list[Handler] = []
        self._open: dict[str, _Open] = {}
        self._tasks: TaskGroup | None = None

    async def open(self, folder: Path, tasks: TaskGroup) -> None:
        """Begin: handlers are told in the host's own task group; see `Opens`."""
        del folder
        self._tasks = tasks

    async def aclose(self) -> None:
        """End; what waits went with the plugins."""
        self._tasks = None

    def attach(self, gateway: ApiGateway) -> None:
        """Let plugins reach it."""
        gateway.attach_builtin("ui.prompt", self._ask)

    # What the application asks.

    def on(self, handler: _H) -> _H:
        """Have a function told of each new prompt; a decorator. One that is not async must not block.

        It may answer at once, or show the prompt to somebody whose answer comes later.
        """
        self._handlers.append(handler)
        return handler

    def waiting(self, plugin: str | None = None) -> tuple[Prompt, ...]:
        """Return what waits for an answer, the oldest first; of one plugin if it is named."""
        return tuple(one.prompt for one in self._open.values() if plugin in (None, one.prompt.plugin))

    def answer(self, prompt: str, values: Mapping[str, Any] | None = None) -> None:
        """Answer a prompt with the values that it asks for; what has a default may be left out.

        Raises:
            ContributionNotFound: Nothing of this id waits.
            InvalidParams: The values are not what is asked for, and why.
        """
        one = self._find(prompt)
        given = merge(one.rules.defaults(), dict(values or {}))
        if faults := one.rules.check(given, "values"):
            raise InvalidParams("; ".join(_told(fault) for fault in faults[:20]))
        # What the plugin says of it in its log is masked, as its configuration's secrets are.
        known.learn(one.rules.secrets(given))
        self._close(one, UiAnswer("answered", given))

    def dismiss(self, prompt: str) -> None:
        """Tell the plugin that it gets no answer. Raises ContributionNotFound."""
        self._close(self._find(prompt), UiAnswer("dismissed"))

    def refuse(self, prompt: Prompt) -> None:
        """Dismiss a new prompt; the handler where nobody is there to answer: `prompts.on(prompts.refuse)`."""
        self.dismiss(prompt.id)

    # What plugins ask.

    async def _ask(
        self,
        caller: Caller,
        title: str,
        text: str = "",
        schema: dict[str, Any] | None = None,
        wait_s: float = 300.0,
    ) -> UiAnswer:
        # Not on the loop: a schema is hostile until it was looked through.
        rules = await anyio.to_thread.run_sync(_rules, schema) if schema else _rules(YES_OR_NO)
        if not 0 < wait_s <= MAX_WAIT_S:
            raise InvalidParams(f"wait_s: found {wait_s:g}; allowed: more than 0, at most {MAX_WAIT_S:g}")
        if len(self.waiting(caller.plugin)) >= MAX_OF_A_PLUGIN or len(self._open) >= MAX_OPEN:
            raise Overloaded(
                f"too many prompts wait; allowed: {MAX_OF_A_PLUGIN} of a plugin, {MAX_OPEN} of all",
                remedy="wait for the answers to those before, or ask for several values in one prompt",
            )
        at_s = self._clock.wall()
        one = _Open(
            Prompt(
                id=new_incident_id(),
                plugin=caller.plugin,
                title=_text("title", title, MAX_TITLE_CHARS),
                text="\n".join(
                    map(clean, known.cleared(_bounded("text", text, MAX_TEXT_CHARS)).splitlines())
                ),
                schema=rules.document,
                at_s=at_s,
                until_s=at_s + (wait_s if caller.remaining_s is None else min(wait_s, caller.remaining_s)),
            ),
            rules,
        )
        return await self._wait(one, wait_s)

    async def _wait(self, one: _Open, wait_s: float) -> UiAnswer:
        prompt = one.prompt
        self._open[prompt.id] = one
        told = {"id": prompt.id, "plugin": prompt.plugin, "title": prompt.title}
        outcome: Outcome | Literal["taken back"] = "taken back"
        try:
            self._tell("plughost.prompt.opened", told)
            logger.info("it asks: %s", prompt.title, extra={"fields": {"plugin": prompt.plugin}})
            if self._tasks is not None:
                for handler in self._handlers:
                    self._tasks.start_soon(_hear, handler, prompt)
            with anyio.move_on_after(wait_s):
                await one.done.wait()
            answer = one.answer or UiAnswer("expired")
            outcome = answer.outcome
            return answer
        finally:
            self._open.pop(prompt.id, None)
            self._tell("plughost.prompt.closed", told | {"outcome": outcome})

    def _find(self, prompt: str) -> _Open:
        one = self._open.get(prompt)
        if one is None or one.answer is not None:
            raise ContributionNotFound("prompt that waits for an answer", prompt[:80], [*self._open][:3])
        return one

    def _close(self, one: _Open, answer: UiAnswer) -> None:
        one.answer = answer
        self._open.pop(one.prompt.id, None)
        one.done.set()


async def _hear(handler: Handler, prompt: Prompt) -> None:
    try:
        result = handler(prompt)
        if inspect.isawaitable(result):
            await result
    except Exception:
        # The border to the application's own code; whoever operates the host may still answer.
        logger.exception(
            "the application failed to take a prompt", extra={"fields": {"plugin": prompt.plugin}}
        )


def _rules(schema: Document) -> Schema:
    size = len(jsonrpc.encode(schema))
    if size > MAX_SCHEMA_BYTES:
        raise InvalidParams(f"schema: found {size:,} bytes; allowed: at most {MAX_SCHEMA_BYTES:,}")
    rules = Schema(schema)
    faults = [*rules.faults()]
    count = len(rules.document.get("properties", {}))
    if count > MAX_FIELDS:
        faults.append(f"properties: found {count}; allowed: at most {MAX_FIELDS}")
    if faults:
        raise InvalidParams("; ".join(f"schema: {fault}" for fault in faults[:20]))
    return rules


def _told(fault: Fault) -> str:
    return f"{fault.path or 'values'}: found {fault.found}; {what_is_allowed(fault.allowed)}"


def _bounded(name: str, text: str, most: int) -> str:
    if len(text) > most:
        raise InvalidParams(f"{name}: found {len(text)} characters; allowed: at most {most}")
    return text


def _text(name: str, text: str, most: int) -> str:
    if not text.strip():
        raise InvalidParams(f"{name}: found an empty text; allowed: 1 to {most} characters")
    return clean(known.cleared(_bounded(name, text, most)))
