"""The table of the control socket's methods: each name, and what serves it.

Queries and verbs are read off the facade's Protocol, so that a method that is added there is on the wire. The
connection's own stand in `attached`.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from host.control import wire
from host.control.attached import OWN_METHODS, Attached
from host.control.facade_methods import FacadeMethod, as_object, facade_methods, signature_of
from host.control.session import Line, Running
from host.control.subscriptions import Subscription
from host.control.verb_runner import VerbRunner
from host.control.wire import Subscribed, encode
from host.facade.facade import Facade

_Handler = Callable[[Line, Any, bytes], Awaitable[msgspec.Raw]]


def method_table(facade: Facade, runner: VerbRunner) -> Mapping[str, _Handler]:
    """Return all of them by their name on the wire."""
    table = {method.wire_name: _of_facade(method, facade, runner) for method in facade_methods()}
    return table | {name: _own(name) for name in OWN_METHODS} | {wire.CANCEL: _cancelling()}


def _of_facade(method: FacadeMethod, facade: Facade, runner: VerbRunner) -> _Handler:
    name, signature = method.wire_name, method.signature

    async def serve(line: Line, request_id: Any, params: bytes) -> msgspec.Raw:
        client = line.session.client
        client.check_hello()
        given = as_object(params, signature.names)

        async def do(running: Running) -> msgspec.Raw:
            if method.is_verb:
                client.check_may_act(name)

                def under_way(answer: Any) -> None:
                    running.answer = answer

                return await runner.run(method, given, client.by, client.peer.uid, under_way)
            positional, keywords, _meta = signature.decode(encode(given))
            return msgspec.Raw(encode(await getattr(facade, method.name)(*positional, **keywords)))

        return await line.session.serve(name, request_id, do)

    return serve


def _own(name: str) -> _Handler:
    signature = signature_of(getattr(Attached, name))

    async def serve(line: Line, request_id: Any, params: bytes) -> msgspec.Raw:
        client = line.session.client
        if name != wire.HELLO:
            client.check_hello()

        async def do(_running: Running) -> msgspec.Raw:
            positional, keywords, _meta = signature.decode(encode(as_object(params, signature.names)))
            result: Any = await getattr(client, name)(*positional, **keywords)
            if isinstance(result, Subscription):
                line.opened.append(result)
                result = Subscribed(result.number)
            return msgspec.Raw(encode(result))

        return await line.session.serve(name, request_id, do)

    return serve


def _cancelling() -> _Handler:
    async def cancel(id: int | float | str) -> None:
        """Cancel a request of this connection."""

    signature = signature_of(cancel)

    async def serve(line: Line, _request_id: Any, params: bytes) -> msgspec.Raw:
        line.session.client.check_hello()
        (asked_for,), _keywords, _meta = signature.decode(encode(as_object(params, signature.names)))
        return msgspec.Raw(encode(line.session.cancel(asked_for)))

    return serve
