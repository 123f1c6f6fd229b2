"""The chain of one hook: its handlers in order, and asking one of them.

Owns what each way not to get an answer is called. What follows from it is `hooks`'.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

import msgspec

from host.errors import PlughostError
from host.facade import Joining
from host.logs import clean
from host.masking import known
from host.routing.calls import nested_budget
from host.routing.trail import Trail
from protocol import jsonrpc
from protocol.errors import DEADLINE_EXCEEDED, RpcError
from protocol.messages.hooks import HookAnswerRaw
from protocol.messages.provides import HookHandler

Fail = Literal["open", "closed"]
Word = Literal["allow", "deny", "replace", "skipped"]

DEFAULT_BUDGET_S: Final = 1.0
"""Longest time for one handler's answer. Source: behaviour in numbers, *Life*."""

MAX_REASON_CHARS: Final = 1_000

_answer = msgspec.json.Decoder(HookAnswerRaw).decode
_METHOD = "plugin.hook"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What the embedding program says of one hook."""

    name: str
    fail: Fail = "open"
    """What counts for handlers that say nothing of it."""
    budget_s: float = DEFAULT_BUDGET_S
    permission: str | None = None
    """What a plugin must have been granted to take part."""
    shape: Any = None
    """Type that the value must have, also after it was replaced."""
    replaceable: bool = True


@dataclass(frozen=True, slots=True)
class HookStep:
    """One handler's part in a verdict."""

    plugin: str
    handler: str
    verdict: Word
    """`skipped`: no answer came, and it is fail-open."""
    code: str
    """Why no answer counts: `hook_unavailable hook_timeout hook_failed`; `denied` for a denial."""
    reason: str
    duration_s: float
    data: dict[str, Any] | None = None
    """Details that the handler gave."""


@dataclass(frozen=True, slots=True)
class Link:
    """One handler in the chain."""

    plugin: str
    handler: HookHandler
    fail: Fail
    budget_s: float
    session: Joining | None
    """None while its plugin is not active."""
    head: bytes
    """The beginning of its request's parameters, up to the value."""

    @classmethod
    def of(cls, plugin: str, handler: HookHandler, said: Declaration, session: Joining | None) -> "Link":
        """Return the place of a handler in the chain of a hook."""
        head = b'{"handler":%b,"hook":%b,"value":' % (
            jsonrpc.encode(handler.name),
            jsonrpc.encode(handler.hook),
        )
        budget_s = said.budget_s if handler.budget_ms is None else handler.budget_ms / 1_000
        return cls(plugin, handler, handler.fail or said.fail, budget_s, session, head)


class NoAnswer(Exception):
    """A handler gave none that counts."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


async def ask(link: Link, value: bytes, before: Trail) -> HookAnswerRaw:
    """Ask one handler, within its budget and that of the call that is served, whose trail is `before`.

    A handler is asked although its plugin waits: it counts also for what its own plugin does, and a circle
    through hooks is a `HookCycle`. What it calls has the whole trail.

    Raises:
        NoAnswer: There is no answer that counts.
    """
    session = link.session
    if session is None:
        raise NoAnswer("hook_unavailable", f"plugin {link.plugin!r}, which must be asked, is not active")
    try:
        outgoing = session.peer.outgoing
        budget_s = nested_budget(link.budget_s, link.budget_s)
        trail = before.to(link.plugin, _METHOD)
        params = link.head + value + b"}"
        return _answer(await outgoing.begin(_METHOD, params, budget_s, meta=trail.meta(), trail=trail))
    except RpcError as exc:
        if exc.code == DEADLINE_EXCEEDED:
            raise _late(link) from None
        raise NoAnswer("hook_failed", f"plugin {link.plugin!r} failed: {shown(exc.message)}") from None
    except PlughostError as exc:
        raise NoAnswer("hook_failed", f"plugin {link.plugin!r} failed: {shown(exc.message)}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise NoAnswer("hook_failed", f"the answer of plugin {link.plugin!r} can't be read: {exc}") from None


def replaced(link: Link, answer: HookAnswerRaw, said: Declaration) -> Any:
    """Return the value that goes on instead, decoded. Raises NoAnswer for one that can't."""
    if not said.replaceable:
        raise NoAnswer("hook_failed", f"plugin {link.plugin!r} replaces what can't be replaced")
    decode: Callable[[msgspec.Raw], Any] = jsonrpc.decode_any
    if said.shape is not None:
        decode = msgspec.json.Decoder(said.shape).decode
    try:
        jsonrpc.decode_any(answer.value)
        return decode(answer.value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as exc:
        raise NoAnswer(
            "hook_failed", f"plugin {link.plugin!r} replaces it by what it can't be: {exc}"
        ) from None


def shown(text: str) -> str:
    """Return a plugin's text as it may be shown."""
    return clean(known.beginning(text, MAX_REASON_CHARS))[:MAX_REASON_CHARS]


def _late(link: Link) -> NoAnswer:
    return NoAnswer("hook_timeout", f"plugin {link.plugin!r} did not answer within {link.budget_s:g} s")
