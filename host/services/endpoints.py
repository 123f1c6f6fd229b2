"""`endpoints.*`: HTTP endpoints of plugins, without a web server: `dispatch(request, principal)` answers.

Owns which endpoint lies where, and that whoever asks may. A relative path lies below `/api/plugins/<id>/`;
one that begins with `/api/` is taken as it stands if nobody has it and it is not the host's.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from host.base_error import did_you_mean
from host.errors import ContributionNotFound, DuplicateContribution, InvalidParams, PlughostError
from host.facade import Caller, Joining
from host.ids import SessionId
from host.routing.control_calls import ControlCalls, read_answer
from host.routing.gateway import ApiGateway
from host.services.claims import Claims
from host.services.declared import endpoints_of
from host.services.http_failures import failure
from host.services.http_values import (
    BadRequest,
    Principal,
    Request,
    Response,
    answered,
    from_wire,
    read_body,
    read_headers,
    read_method,
    read_query,
    refusal,
    to_wire,
)
from host.services.mounts import EndpointView, Mounted, allowed_methods, read_endpoint, shown
from host.services.routes import BadPath, Routes, names_of, parts_of_request
from host.services.runs import Runs
from host.supervision.near_names import NearNames
from protocol.messages.endpoints import (
    Encoding,
    EndpointCall,
    EndpointPlace,
    HttpRequest,
    HttpResponse,
)
from protocol.messages.provides import Endpoint

REQUEST_TIMEOUT_S: Final = 30.0
"""Deadline of a request that names none."""

MAX_ENDPOINTS: Final = 500
"""Endpoints of one plugin."""


Query = dict[str, list[str]]


class Endpoints:
    """All endpoints of one host."""

    def __init__(
        self, calls: ControlCalls, returns: Callable[[str], bool], is_plugin: Callable[[str], bool]
    ) -> None:
        """`is_plugin` tells whether a plugin of an id is here, so that nobody mounts below another's."""
        self._calls = calls
        self._is_plugin = is_plugin
        self._claims = Claims(returns)
        self._near = NearNames()
        self._runs = Runs()
        self._offered: dict[SessionId, dict[str, Mounted]] = {}
        """What each run offers."""
        self._routes: Routes[Mounted] = Routes()
        self._all: dict[str, Mounted] = {}
        """What is in force."""

    def attach(self, gateway: ApiGateway) -> None:
        """Let plugins reach it."""
        gateway.attach_builtin("endpoints.register", self._register)
        gateway.attach_builtin("endpoints.unregister", self._unregister)
        gateway.attach_builtin("endpoints.request", self._request)

    def list(self, plugin: str | None = None) -> tuple[EndpointView, ...]:
        """Return every endpoint, or those of one plugin, by path."""
        chosen = [one for one in self._all.values() if plugin is None or one.session.plugin == plugin]
        return tuple(
            EndpointView(one.session.plugin, one.method, one.path, tuple(map(str, one.permissions)))
            for one in sorted(chosen, key=lambda one: (one.path, one.method))
        )

    async def dispatch(
        self,
        request: Request,
        principal: Principal | None = None,
        *,
        timeout_s: float | None = None,
        only: str | None = None,
    ) -> Response:
        """Answer a request; what goes wrong is an answer too, never an exception. `only` is a plugin's id.

        404 nobody is there, 405 not by this method, 403 a permission is missing, 413 too large, 503 it does
        not run, 504 it took too long, 508 it waits for this, 502 its answer can't be sent, 500 it failed.
        """
        principal = principal or Principal()
        held = principal.held()
        try:
            method = read_method(request.method)
            path, query = read_query(request.path, request.query)
            parts = parts_of_request(path)
            headers = read_headers(request.headers)
            body, encoding = read_body(request.body, headers)
        except BadRequest as exc:
            return refusal(exc.status, "bad_request", exc.message)
        except BadPath as exc:
            return refusal(400, "bad_request", str(exc))
        here = {
            method: found
            for method, found in self._routes.match(parts).items()
            if self._is_there(found[0]) and only in (None, found[0].session.plugin)
        }
        if not here:
            return self._nobody(path, parts)
        allowed = allowed_methods(here)
        found = here.get(method) or (here.get("GET") if method == "HEAD" else None)
        if found is None:
            if method == "OPTIONS":
                return Response(204, {"allow": ", ".join(allowed)})
            return refusal(405, "method_not_allowed", f"{path} does not answer {method}", allow=allowed)
        one, params = found
        for needed in one.permissions:
            if not any(permission.covers(needed) for permission in held):
                message = f"{principal.name or 'whoever asks'} lacks the permission {needed}"
                return refusal(403, "denied", message, permission=str(needed))
        asked = HttpRequest(
            method,
            path,
            params,
            query,
            headers,
            body,
            encoding,
            principal.name,
            tuple(str(permission) for permission in held),
        )
        response = await self._ask(one, asked, REQUEST_TIMEOUT_S if timeout_s is None else timeout_s)
        if method == "HEAD":
            length = str(len(response.content))
            return Response(response.status, {**response.headers, "content-length": length})
        return response

    # What a session does.

    def check(self, session: Joining) -> Iterable[str]:
        """Return what is wrong with its endpoints."""
        endpoints = endpoints_of(session)
        if len(endpoints) > MAX_ENDPOINTS:
            yield f"endpoints: found {len(endpoints)}; allowed: at most {MAX_ENDPOINTS}"
            return
        seen: dict[str, str] = {}
        for one in endpoints:
            try:
                made = read_endpoint(one, session, self._is_plugin)
            except InvalidParams as exc:
                yield exc.message
                continue
            twice = seen.get(made.key)
            if twice is not None:
                yield f"endpoint {shown(one)}: {twice} is the same place"
            seen[made.key] = shown(one)
            if taken := self._taken(made, session):
                yield taken

    def join(self, session: Joining) -> None:
        """Mount its endpoints."""
        self._runs.join(session)
        self._take_all(session)

    def activated(self, session: Joining) -> None:
        """Give up what an earlier run had; one that is not active is found out when it is asked."""
        self._claims.settle(session.plugin)

    def wait(self, session: Joining) -> None:
        """Take its endpoints in, for when it takes over."""
        self._runs.wait(session)
        self._take_all(session)

    def succeed(self, session: Joining, predecessor: Joining) -> None:
        """Mount its endpoints, in place of the predecessor's."""
        self._runs.succeed(session, predecessor)
        self._claims.succeed(session, predecessor)
        self._take_down(predecessor)
        for one in self._offered[session.id].values():
            self._put(one)

    def leave(self, session: Joining) -> None:
        """Take its endpoints down; while its plugin is started again, their places answer 503."""
        self._offered.pop(session.id, None)
        if self._runs.leave(session):
            self._claims.leave(session)
            self._take_down(session)
        else:
            self._claims.withdraw(session)

    # What plugins ask.

    async def _register(
        self, caller: Caller, name: str, method: str, path: str, permissions: tuple[str, ...] = ()
    ) -> EndpointPlace:
        session = self._runs.registering(caller)
        made = read_endpoint(Endpoint(name, method, path, permissions), session, self._is_plugin)
        if taken := self._taken(made, session):
            raise DuplicateContribution(taken)
        mine = self._offered[session.id]
        if any(one.key == made.key or one.name == name for one in mine.values()):
            raise DuplicateContribution(f"endpoint {method} {path[:200]}: this plugin has it already")
        if len(mine) >= MAX_ENDPOINTS:
            raise InvalidParams(f"endpoints: allowed: at most {MAX_ENDPOINTS}")
        self._mount(made)
        return EndpointPlace(made.path)

    async def _unregister(self, caller: Caller, name: str) -> dict[str, Any]:
        session = self._runs.of(caller)
        for key, one in self._offered[session.id].items():
            if one.name == name:
                del self._offered[session.id][key]
                self._claims.release(key, session)
                if self._all.get(key) is one:
                    del self._all[key]
                    self._routes.remove(one.parts, one.method)
                return {}
        raise ContributionNotFound("endpoint of this plugin", name)

    async def _request(
        self,
        caller: Caller,
        method: str,
        path: str,
        query: Query | None = None,
        headers: dict[str, str] | None = None,
        body: Any = None,
        encoding: Encoding = "none",
        timeout_s: float | None = None,
    ) -> HttpResponse:
        # As it is now: the operator may have taken something back since the session began.
        granted = self._runs.of(caller).grants.texts()
        principal = Principal(f"plugin:{caller.plugin}", granted)
        request = from_wire(method, path, query, headers, body, encoding)
        return to_wire(await self.dispatch(request, principal, timeout_s=timeout_s))

    # Inside.

    async def _ask(self, one: Mounted, request: HttpRequest, timeout_s: float) -> Response:
        plugin = one.session.plugin
        try:
            call = EndpointCall(one.name, request)
            raw = await self._calls.ask(
                plugin, "plugin.endpoint", call, f"{one.method} {one.path}", timeout_s=timeout_s
            )
            return answered(read_answer(raw, HttpResponse, plugin, "plugin.endpoint"))
        except PlughostError as exc:
            return failure(exc)

    def _is_there(self, one: Mounted) -> bool:
        """Tell whether an endpoint is there, or will be again; what is left of another one goes."""
        if self._all.get(one.key) is one or self._claims.absent(one.key) is not None:
            return True
        self._routes.remove(one.parts, one.method)
        return False

    def _nobody(self, path: str, parts: tuple[str, ...]) -> Response:
        names = {name: one.path for one in self._all.values() for name in names_of(one.path)}
        found = self._near.propose("/" + "/".join(parts), names)
        near = list(dict.fromkeys(names[name] for name in found))
        return refusal(404, "not_found", f"nobody answers {path[:200]}{did_you_mean(near)}", near=near)

    def _taken(self, made: Mounted, session: Joining) -> str:
        owner = self._claims.owner(made.key, session.plugin)
        return "" if owner is None else f"endpoint {made.method} {made.path}: plugin {owner!r} answers there"

    def _mount(self, made: Mounted) -> None:
        self._claims.take([made.key], made.session)
        self._offered[made.session.id][made.key] = made
        if self._runs.in_force(made.session.id):
            self._put(made)

    def _put(self, made: Mounted) -> None:
        self._all[made.key] = made
        self._routes.put(made.parts, made.method, made)

    def _take_all(self, session: Joining) -> None:
        self._offered[session.id] = {}
        for one in endpoints_of(session):
            self._mount(read_endpoint(one, session, self._is_plugin))

    def _take_down(self, session: Joining) -> None:
        for key, one in list(self._all.items()):
            if one.session is session:
                del self._all[key]
                if self._claims.absent(key) is None:
                    self._routes.remove(one.parts, one.method)
