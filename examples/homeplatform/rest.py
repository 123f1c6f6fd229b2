"""Rest: the platform's HTTP side. A web server hands its requests to `answer`; this program has none.

    GET  /plugins/{id}/health     POST /plugins/{id}/command
    GET  /plugins/{id}/status     POST /plugins/{id}/config

What lies elsewhere is answered by the plugins' own endpoints.
"""

import json
from typing import Any, cast

from host import (
    ConfigurationRefused,
    InvalidConfiguration,
    InvalidParams,
    PlughostError,
    PluginHost,
    PluginNotFound,
    Principal,
    Request,
    Response,
)


class Rest:
    def __init__(self, host: PluginHost) -> None:
        self._host = host

    async def answer(self, request: Request, principal: Principal | None = None) -> Response:
        """Answer a request; what goes wrong is an answer, too."""
        try:
            match request.method, request.path.strip("/").split("/"):
                case "GET", ["plugins", plugin, "health"]:
                    return await self._health(plugin)
                case "GET", ["plugins", plugin, "status"]:
                    return await self._status(plugin)
                case "POST", ["plugins", plugin, "command"]:
                    return await self._command(plugin, _object(request.body))
                case "POST", ["plugins", plugin, "config"]:
                    return await self._config(plugin, _object(request.body))
                case _:
                    return await self._host.dispatch(request, principal)
        except PluginNotFound as error:
            return _json(404, {"success": False, "error": error.message})
        except (InvalidParams, InvalidConfiguration, ConfigurationRefused) as error:
            return _json(422, {"success": False, "error": error.message})
        except PlughostError as error:
            return _json(503, {"success": False, "error": error.message})

    async def _health(self, plugin: str) -> Response:
        health = await self._host.health(plugin)
        body = {"status": health.status, "plugin_id": health.plugin_id}
        if health.reason:
            body["reason"] = health.reason
        return _json(200 if health.status == "healthy" else 503, body)

    async def _status(self, plugin: str) -> Response:
        status = await self._host.status(plugin)
        return _json(200, {"plugin_id": status.plugin_id, "status": status.status, "data": status.data})

    async def _command(self, plugin: str, body: dict[str, Any]) -> Response:
        params = _object(body.get("params") or {})
        outcome = await self._host.contract.command(plugin, str(body.get("command")), params)
        if outcome.success:
            return _json(200, {"success": True, "result": outcome.result})
        return _json(422, {"success": False, "error": outcome.error})

    async def _config(self, plugin: str, body: dict[str, Any]) -> Response:
        # What its schema or the plugin itself refuses is raised, with every fault.
        await self._host.configuration.set(plugin, body, by="platform")
        return _json(200, {"success": True, "message": "Configuration updated"})


def _object(body: Any) -> dict[str, Any]:
    if isinstance(body, bytes | str):
        try:
            body = json.loads(body)
        except ValueError as error:
            raise InvalidParams(f"the body is not JSON: {error}") from None
    if not isinstance(body, dict):
        raise InvalidParams("the body has to be a JSON object")
    return cast("dict[str, Any]", body)


def _json(status: int, data: dict[str, Any]) -> Response:
    return Response(status, {"content-type": "application/json"}, data, "json")
