"""Does the verbs that clients ask for: audited, in the client's name, and once for one idempotency key.

A verb with a key belongs to the server: it is done to its end though its client is gone, who may ask again.
One without a key ends with the request.
"""

import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, cast, runtime_checkable

import msgspec
from anyio.abc import TaskGroup

from host.base_error import PlughostError
from host.control.answers import Answer, Answers
from host.control.error_mapping import to_wire
from host.control.facade_methods import FacadeMethod, shown
from host.control.wire import KEY_NAME, MAX_KEY_CHARS, encode
from host.errors import Cancelled, InvalidParams
from host.facade.facade import Facade
from protocol.errors import ErrorObject, RpcError

logger = logging.getLogger(__name__)

Audit = Callable[[str, str, Mapping[str, Any], str], None]
"""`audit(by, method, params, outcome)`: who, the verb's name in the facade, its params with secrets masked,
and `ok` or what it ended with."""


@runtime_checkable
class _ActsAs(Protocol):
    def acting_as(self, by: str) -> Facade: ...


def acting_as(facade: Facade, by: str) -> Facade:
    """Return the facade that does what it is told in somebody's name, where it can."""
    return facade.acting_as(by) if isinstance(facade, _ActsAs) else facade


class VerbRunner:
    """Those of one server. A facade that acts in somebody's name keeps the audit of its verbs itself."""

    def __init__(self, facade: Facade, answers: Answers, audit: Audit, tasks: TaskGroup) -> None:
        self._facade = facade
        self._answers = answers
        self._audit = audit
        self._audits_itself = isinstance(facade, _ActsAs)
        self._tasks = tasks

    async def run(
        self,
        method: FacadeMethod,
        params: dict[str, msgspec.Raw],
        by: str,
        uid: int,
        under_way: Callable[[Answer], None],
    ) -> msgspec.Raw:
        """Do it, or get what it brought before.

        `under_way` is told of one that goes on without the request, so that it can be cancelled.
        """
        key = _taken_key(params)
        if key is None:
            outcome = await self._do(method, params, by)
        else:
            # By what it means: members in another order, or other white space, are the same request.
            values = {name: msgspec.json.decode(raw) for name, raw in params.items()}
            text = msgspec.json.encode([method.name, values], order="deterministic")
            asked = hashlib.blake2b(text, digest_size=16).digest()
            answer = self._answers.find(uid, key, asked)
            if answer is None:
                answer = self._answers.begin(uid, key, asked)
                self._tasks.start_soon(self._do_once, method, params, by, uid, key, answer)
            under_way(answer)
            await answer.done.wait()
            outcome = cast("msgspec.Raw | ErrorObject", answer.outcome)
        if isinstance(outcome, ErrorObject):
            raise RpcError(outcome.code, outcome.message, outcome.data)
        return outcome

    async def _do_once(
        self,
        method: FacadeMethod,
        params: dict[str, msgspec.Raw],
        by: str,
        uid: int,
        key: str,
        answer: Answer,
    ) -> None:
        outcome: msgspec.Raw | ErrorObject = _cancelled(method.wire_name)
        try:
            with answer.scope:
                outcome = await self._do(method, params, by)
        finally:
            self._answers.finish(uid, key, outcome)

    async def _do(
        self, method: FacadeMethod, params: dict[str, msgspec.Raw], by: str
    ) -> msgspec.Raw | ErrorObject:
        said = "cancelled"
        try:
            positional, keywords, _meta = method.signature.decode(encode(params))
            function: Callable[..., Awaitable[Any]] = getattr(acting_as(self._facade, by), method.name)
            outcome = msgspec.Raw(encode(await function(*positional, **keywords)))
            said = "ok"
            return outcome
        except Exception as exc:  # noqa: BLE001 - the border of a verb
            error = to_wire(exc, method.wire_name)
            said = f"{exc.code}: {exc.message}" if isinstance(exc, PlughostError) else error.message
            return error
        finally:
            self.tell(by, method.name, params, said)

    def tell(self, by: str, method: str, params: Mapping[str, msgspec.Raw], outcome: str) -> None:
        """Have the audit know; that it fails is logged and stops nobody."""
        if self._audits_itself:
            return
        try:
            self._audit(by, method, shown(method, params), outcome)
        except Exception:
            logger.exception("the audit could not be told", extra={"fields": {"method": method, "by": by}})


def _taken_key(params: dict[str, msgspec.Raw]) -> str | None:
    """Take the idempotency key out of the params; None without one."""
    raw = params.pop(KEY_NAME, None)
    if raw is None:
        return None
    try:
        key = msgspec.json.decode(raw, type=str)
    except msgspec.MsgspecError:
        key = ""
    if not 0 < len(key) <= MAX_KEY_CHARS:
        raise InvalidParams(
            f"{KEY_NAME}: found {bytes(raw)[:40]!r}; allowed: 1 to {MAX_KEY_CHARS} characters"
        )
    return key


def _cancelled(method: str) -> ErrorObject:
    return to_wire(
        Cancelled(
            f"{method} was cancelled half-way",
            remedy="look what was done of it before you ask again, with a new key",
        ),
        method,
    )
